"""Draw a recording with the TextGrid and the subtitles that `otoscope words` writes, read by Praat's own code.

    pip install praat-parselmouth
    python scripts/make_words_image.py ALIGNER RECORDING... [--out PICTURE]

The recordings are joined, with pauses of half a second, to one of a minute at most. The model transcribes it.
"""

import argparse
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import parselmouth
import soundfile
from matplotlib.axes import Axes
from parselmouth.praat import call

import otoscope
from make_textgrid_image import IMAGES, draw_sound
from otoscope.corpus.audio import resample

SECONDS, PAUSE, LINES = 60, 0.5, 4
WIDTH, HEIGHT, DPI = 12.0, 9.0, 120
RATE = 16000


def join(recordings: list[Path]) -> np.ndarray:
    """Return recordings one after the other, a minute at most."""
    parts = []
    for path in recordings:
        wave, rate = soundfile.read(path, dtype="float32")
        parts += [resample(wave, rate, RATE), np.zeros(round(PAUSE * RATE), np.float32)]
    return np.concatenate(parts)[: SECONDS * RATE]


def draw_words(axes: Axes, grid: parselmouth.TextGrid, subtitles: list[tuple[float, float, str]]) -> None:
    """Draw the words of the tier, pauses in grey, and below them the subtitles."""
    for place in range(1, call(grid, "Get number of intervals", 1) + 1):
        start, end, label = (
            call(grid, what, 1, place)
            for what in ("Get start time of interval", "Get end time of interval", "Get label of interval")
        )
        axes.axvline(start, 0.5, 1, color="#1f4e9e", linewidth=0.8)
        if label:
            axes.text((start + end) / 2, 0.75, label, ha="center", va="center", fontsize=6.5, rotation=55, clip_on=True)
        else:
            axes.axvspan(start, end, 0.5, 1, color="#dddddd", linewidth=0)
    for start, end, text in subtitles:
        axes.axvspan(start, end, 0.05, 0.4, color="#e9eef8", linewidth=0)
        axes.text(start + 0.05, 0.22, text, va="center", fontsize=7, clip_on=True)
    axes.set(ylim=(0, 1), yticks=[0.22, 0.75])
    axes.set_yticklabels(["subtitles", "words"], fontsize=7)


def read_subtitles(path: Path) -> list[tuple[float, float, str]]:
    """Return start, end and text of each subtitle of a SubRip file."""
    blocks = [block.splitlines() for block in path.read_text(encoding="utf-8").strip().split("\n\n")]
    subtitles = []
    for _, times, text in blocks:
        start, end = map(seconds, times.split(" --> "))
        subtitles.append((start, end, text))
    return subtitles


def seconds(clock: str) -> float:
    """Return the seconds of a time of SubRip.

    >>> seconds("00:01:02,500")
    62.5
    """
    hours, minutes, rest = clock.replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def main(aligner: Path, recordings: list[Path], out: Path) -> None:
    """Join the recordings, write their words, and draw what was written."""
    figure, axes = plt.subplots(2 * LINES, 1, figsize=(WIDTH, HEIGHT), height_ratios=[2, 3] * LINES)
    with tempfile.TemporaryDirectory() as scratch:
        path, written = Path(scratch) / "recording.wav", Path(scratch) / "words"
        soundfile.write(path, join(recordings), RATE)
        otoscope.words(aligner, [path], written, otoscope.WordOptions(format=("textgrid", "srt")))
        sound, grid = parselmouth.Sound(str(path)), parselmouth.read(str(written / "recording.TextGrid"))
        subtitles = read_subtitles(written / "recording.srt")
        for line in range(LINES):
            edges = line * sound.duration / LINES, (line + 1) * sound.duration / LINES
            draw_sound(axes[2 * line], sound)
            draw_words(axes[2 * line + 1], grid, subtitles)
            for one in axes[2 * line : 2 * line + 2]:
                one.set_xlim(edges)
    axes[-1].set_xlabel("time (s)")
    figure.tight_layout(h_pad=0.2)
    figure.savefig(out, dpi=DPI)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("aligner", type=Path)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=IMAGES / "words.png")
    arguments = parser.parse_args()
    main(arguments.aligner, arguments.recordings, arguments.out)
