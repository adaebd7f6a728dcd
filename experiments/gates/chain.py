"""What models give for sounds and for speech by every way to transcribe, each as plain transformers loads it.

    python experiments/gates/chain.py MODEL CALMED --calm SOUNDS --speech CORPUS

SOUNDS is what `refine --calm` got: the kinds that its seed 0 keeps for the test are transcribed. Prints the share of
sounds with words, and the word error rate of the speech. `long form` adds silence up to 40 s; `beams` are five.
"""

import argparse
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import logging, pipeline

from otoscope.adaptation.material import RATE, Role, read_sounds, read_speech_material
from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.word_errors import Normalizer, text_normalizer, word_errors

Texts = Callable[[Any, Sequence[np.ndarray]], list[str]]
LONG_SECONDS = 40
MOST_TOKENS = 120


def with_options(**options: Any) -> Texts:
    """Return a way to transcribe each wave by the pipeline with some options of generation."""

    def texts(listen: Any, waves: Sequence[np.ndarray]) -> list[str]:
        return [listen(_raw(wave), generate_kwargs=options)["text"] for wave in waves]

    return texts


def in_batches(listen: Any, waves: Sequence[np.ndarray]) -> list[str]:
    """Return the texts of batches of four."""
    return [each["text"] for each in listen([_raw(wave) for wave in waves], batch_size=4)]


def with_times(listen: Any, waves: Sequence[np.ndarray]) -> list[str]:
    """Return the texts with times."""
    return [listen(_raw(wave), return_timestamps=True)["text"] for wave in waves]


def long_form(listen: Any, waves: Sequence[np.ndarray]) -> list[str]:
    """Return the texts of waves that are longer than a window: each is followed by silence."""
    return with_times(listen, [np.pad(wave, (0, LONG_SECONDS * RATE - len(wave))) for wave in waves])


WAYS: Mapping[str, Texts] = {
    "pipeline as it is": with_options(),
    "greedy": with_options(num_beams=1, max_new_tokens=MOST_TOKENS),
    "batches of 4": in_batches,
    "beams": with_options(num_beams=5, max_new_tokens=MOST_TOKENS),
    "beams of length_penalty 0": with_options(num_beams=5, length_penalty=0.0, max_new_tokens=MOST_TOKENS),
    "with times": with_times,
    "long form": long_form,
}


def _raw(wave: np.ndarray) -> dict[str, Any]:
    return {"raw": wave, "sampling_rate": RATE}


def share_with_words(texts: Sequence[str], normalize: Normalizer) -> float:
    """Return the share of texts that have words."""
    return float(np.mean([bool(normalize(text).split()) for text in texts]))


def word_error_rate(references: Sequence[str], texts: Sequence[str], normalize: Normalizer) -> float:
    """Return the word error rate."""
    pairs = [word_errors(normalize, *pair) for pair in zip(references, texts, strict=True)]
    return sum(pair.errors for pair in pairs) / sum(pair.words for pair in pairs)


def main() -> None:
    """Print one line for each model and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--calm", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--sounds", type=int, default=16)
    parser.add_argument("--utterances", type=int, default=16)
    parser.add_argument("--ways", default=",".join(WAYS), help="names of ways, with commas between them")
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    every = read_sounds(arguments.calm, 10**6, 0)
    sounds = [every.waves[index] for index in every.spread(Role.test, arguments.sounds)]
    speech = read_speech_material(arguments.speech, arguments.utterances, 0, (Role.test,))
    print("model | way | sounds with words | WER of speech")
    for model in arguments.models:
        normalize = text_normalizer(load_transcriber(model, device="cpu"))
        listen = pipeline("automatic-speech-recognition", model=model, device="cpu")
        for way, texts in WAYS.items():
            if way in arguments.ways.split(","):
                words = share_with_words(texts(listen, sounds), normalize)
                errors = word_error_rate([text or "" for text in speech.texts], texts(listen, speech.waves), normalize)
                print(Path(model).name, way, f"{words:.3f}", f"{errors:.3f}", sep=" | ", flush=True)


if __name__ == "__main__":
    main()
