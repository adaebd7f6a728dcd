"""Draw three recordings with their TextGrids of `otoscope boundaries`, read by Praat's own code.

    pip install praat-parselmouth
    python scripts/make_textgrid_image.py [FOLDER]

The recordings are of the speech in the package, of three voices. The default folder is `docs/images`.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import parselmouth
from matplotlib.axes import Axes
from parselmouth.praat import call

import otoscope
from otoscope import bundled

IMAGES = Path(__file__).parents[1] / "docs" / "images"
VOICES = ("awb", "rms", "slt")
WIDTH, HEIGHT, DPI = 9.0, 8.4, 130
FAINTEST_DB = 60
"""Decibels below the loudest at which the spectrogram is white."""


def draw_sound(axes: Axes, sound: parselmouth.Sound) -> None:
    """Draw the spectrogram as Praat computes it."""
    spectrogram = sound.to_spectrogram(maximum_frequency=6000)
    power = 10 * np.log10(np.maximum(spectrogram.values, 1e-12))
    extent = (0, sound.duration, 0, 6)
    axes.imshow(power, "Greys", vmin=power.max() - FAINTEST_DB, origin="lower", aspect="auto", extent=extent)
    axes.set(ylabel="kHz", xticks=[])


def draw_tiers(axes: Axes, grid: parselmouth.TextGrid) -> None:
    """Draw each tier in a lane: its intervals, or its points with their labels."""
    names = []
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        names.append(call(grid, "Get tier name", tier))
        bottom, top = tier, tier - 1
        if call(grid, "Is interval tier", tier):
            count = call(grid, "Get number of intervals", tier)
            starts = [call(grid, "Get start time of interval", tier, place) for place in range(1, count + 1)]
            axes.vlines(starts[1:], top, bottom, color="#1f4e9e", linewidth=1)
            continue
        for place in range(1, call(grid, "Get number of points", tier) + 1):
            time, label = (call(grid, what, tier, place) for what in ("Get time of point", "Get label of point"))
            depth = min(1.0, 0.25 + 2.5 * float(label))
            axes.vlines(time, bottom - depth, bottom, color="#b3261e", linewidth=1)
    axes.set_yticks(np.arange(len(names)) + 0.5, names, fontsize=7)
    axes.hlines(range(len(names)), *axes.get_xlim(), color="#999999", linewidth=0.5)
    axes.set_ylim(len(names), 0)


def main(folder: Path) -> None:
    """Write the TextGrids, read them with Praat's code, and draw them."""
    folders = [sorted((bundled.speech() / voice).glob("*.flac")) for voice in VOICES]
    recordings = [files[place] for place, files in enumerate(folders)]
    figure, axes = plt.subplots(2 * len(recordings), 1, figsize=(WIDTH, HEIGHT), height_ratios=[2, 3] * 3)
    with tempfile.TemporaryDirectory() as scratch:
        report = otoscope.write_boundaries("bundled", recordings, scratch)
        for place, (recording, written) in enumerate(zip(recordings, report.recordings, strict=True)):
            sound, grid = parselmouth.Sound(str(recording)), parselmouth.read(written.files[0])
            upper, lower = axes[2 * place], axes[2 * place + 1]
            draw_sound(upper, sound)
            lower.set_xlim(0, sound.duration)
            draw_tiers(lower, grid)
            upper.set_title(f"{recording.parent.name}/{recording.stem}", fontsize=8, loc="left")
    axes[-1].set_xlabel("time (s)")
    figure.tight_layout(h_pad=0.3)
    figure.savefig(folder / "textgrids.png", dpi=DPI)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
