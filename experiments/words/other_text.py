"""Print how confident and how probable words are with the right text, and with that of another utterance.

python experiments/words/other_text.py ALIGNER CORPUS
"""

import argparse
from pathlib import Path

import numpy as np

import otoscope
from otoscope.corpus import load_audio
from otoscope.corpus.transcript import text_of

EVERY, AWAY, RATE = 5, 7, 16000
"""One utterance of so many is used; another text is that of the one so many further on."""
SHARES = (0.0, 0.5, 1.0)


def main(aligner_path: Path, corpus: Path) -> None:
    """Print the lowest, the median and the highest mean of an utterance."""
    aligner = otoscope.load_aligner(aligner_path)
    cuts = list(otoscope.read_corpus(corpus, on_skip=lambda _: None))[::EVERY]
    waves, texts = [load_audio(cut, RATE) for cut in cuts], [text_of(cut) or "" for cut in cuts]
    for name, away in (("right text", 0), ("other text", AWAY)):
        means = []
        for place, wave in enumerate(waves):
            words = aligner.words(wave, RATE, text=texts[(place + away) % len(texts)])
            means.append(np.mean([[word.confidence or 0.0, word.probability or 0.0] for word in words], 0))
        confidence, probability = np.quantile(means, SHARES, axis=0).round(3).T
        print(f"{name}: mean confidence {confidence.tolist()}, mean probability {probability.tolist()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("aligner", type=Path)
    parser.add_argument("corpus", type=Path)
    arguments = parser.parse_args()
    main(arguments.aligner, arguments.corpus)
