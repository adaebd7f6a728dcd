"""A corpus of six very short utterances by three speakers with words and phones: every family runs in no time."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16000
SECONDS = 1.12
PHONES = ("s", "ih", "t", "ah")
SPEAKERS = ("ann", "bob", "cyd")
EACH = 2


def write_family_corpus(folder: Path) -> Path:
    """Write a TIMIT-like corpus: one folder for each speaker, audio with words and phones as TextGrids."""
    for number, speaker in enumerate(SPEAKERS):
        for take in range(EACH):
            path = folder / speaker / f"{speaker}{take}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, utterance(10 * number + take), RATE)
            path.with_suffix(".TextGrid").write_text(textgrid(), encoding="utf-8")
    return folder


def utterance(seed: int) -> np.ndarray:
    """Return noise and tones of equal length in turn, one for each phone, `[samples]`."""
    rng, time = np.random.default_rng(seed), np.arange(int(SECONDS * RATE) // len(PHONES)) / RATE
    parts = [
        0.05 * rng.normal(size=len(time)) + 0.3 * np.sin(2 * np.pi * (200 * place + 100 + seed) * time)
        for place in range(len(PHONES))
    ]
    return np.concatenate(parts).astype(np.float32)


def textgrid() -> str:
    """Return the words and phones as a TextGrid in the short form of Praat."""
    each = SECONDS / len(PHONES)
    phones = [(phone, place * each, (place + 1) * each) for place, phone in enumerate(PHONES)]
    words = [("sit", 0, 3 * each), ("a", 3 * each, 4 * each)]
    header = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", f"{SECONDS}", "<exists>", "2"]
    return "\n".join([*header, *tier("words", words), *tier("phones", phones), ""])


def tier(name: str, labels: list[tuple[str, float, float]]) -> list[str]:
    """Return the lines of a tier."""
    rows = [f'{start:g}\n{end:g}\n"{text}"' for text, start, end in labels]
    return ['"IntervalTier"', f'"{name}"', "0", f"{SECONDS}", f"{len(rows)}", *rows]
