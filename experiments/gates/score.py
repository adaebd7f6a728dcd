"""Word errors of models on corpora, each as plain transformers loads it, with at most so many tokens for a text.

    python experiments/gates/score.py MODEL ADAPTED --speech CORPUS --speech OTHER --tokens 64

Prints for each corpus and model the word error rate, and how many utterances have no words. The first model is the
original: the interval of the change from it is over speakers.
"""

import argparse
from pathlib import Path

import numpy as np

from otoscope.adaptation.material import Material, Role, read_speech_material
from otoscope.adaptation.report import measure_change
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import text_normalizer, word_errors


def measure(transcriber: Transcriber, material: Material, tokens: int | None) -> tuple[np.ndarray, int]:
    """Return word errors and words of each utterance `[utterance, 2]`, and how many utterances have no words."""
    texts = transcribe_waves(transcriber, material.waves, most_tokens=tokens)
    normalize = text_normalizer(transcriber)
    pairs = [word_errors(normalize, own or "", text) for own, text in zip(material.texts, texts, strict=True)]
    empty = sum(not normalize(text).split() for text in texts)
    return np.array([(pair.errors, pair.words) for pair in pairs], float), empty


def main() -> None:
    """Print one line for each corpus and model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--speech", type=Path, action="append", required=True)
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--utterances", type=int, default=1000)
    arguments = parser.parse_args()
    models = {name: load_transcriber(name) for name in arguments.models}
    for corpus in arguments.speech:
        material = read_speech_material(corpus, arguments.utterances, 0, (Role.test,))
        rows = {name: measure(model, material, arguments.tokens) for name, model in models.items()}
        before, _ = rows[arguments.models[0]]
        for name, (after, empty) in rows.items():
            change = measure_change(Path(name).name, material, np.arange(len(before)), before, after)
            print(f"{corpus.name} ({len(before)}), {change.name}: {' '.join(change.row[4:6])}, {empty} without words")


if __name__ == "__main__":
    main()
