"""Cost of ablation by means, of reading all layers, and of patching by gradient.

The rows need timit-sample in OTOSCOPE_CORPORA. One thread: CPU time is then the work that was done.

    python benchmarks/causes.py [ROW ...]
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from transformers.utils import logging

from harness import CORPORA, Row, Rows, ratio_row, require_path, run_rows
from otoscope import load
from otoscope.attention.ablation import Ablation
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import make_ablation
from otoscope.patching.corruptions import add_noise
from otoscope.patching.effects import PatchedUtterance, clean_contexts, gradient_effects, hidden_of
from otoscope.probing.builtin.hidden_error import HiddenErrorScorer
from otoscope.representations.similarity import pairwise_hsic
from otoscope.representations.states import collect_states
from otoscope.results.categories import RANKED
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import LoadedSpeech, make_source, read_speech
from otoscope.statistics import available_statistics

UTTERANCES = 12
MEAN_GOAL, LAYERS_GOAL, PATCH_GOAL = "at most 1.1x", "at most 1.5x", "at most 4"


def timit(encoder: Encoder) -> LoadedSpeech:
    source = make_source(require_path(CORPORA / "timit-sample"), SpeechOptions(limit=UTTERANCES))
    return read_speech(source, encoder)


def forwards(encoder: Encoder, waves: Sequence[np.ndarray]) -> None:
    for wave in waves:
        encoder.forward_unhooked([wave])


def ablated(encoder: Encoder, waves: Sequence[np.ndarray], ablation: Ablation) -> None:
    heads = [(layer, head) for layer, count in enumerate(encoder.n_heads) for head in range(0, count, 2)]
    with encoder.intervene(ablation.change(heads)):
        for wave in waves:
            encoder.forward([wave])


def mean_row() -> list[Row]:
    """Replace every second head by its mean, over the same heads set to zero."""
    encoder = load("bundled", device="cpu")
    waves = timit(encoder).waves
    zero, mean = (partial(ablated, encoder, waves, make_ablation(encoder, waves, kind)) for kind in ("zero", "mean"))
    return ratio_row("bundled model: heads replaced by their mean, over zero", zero, mean, MEAN_GOAL)


def layers_row() -> list[Row]:
    """Collect the states of all layers, the categories of heads and CKA, over the forward of each utterance."""
    encoder = load("bundled", device="cpu")
    speech, ranked = timit(encoder), {name: available_statistics()[name] for name in RANKED}

    def read_layers() -> None:
        with TemporaryDirectory() as folder:
            states = collect_states(encoder, speech, ranked, Path(folder) / "states")
            for index in range(len(speech.waves)):
                pairwise_hsic(states.utterance(index))

    work = "bundled model: layers without training of probes, over the forward of each utterance"
    return ratio_row(work, partial(forwards, encoder, speech.waves), read_layers, LAYERS_GOAL)


def patch_row() -> list[Row]:
    """Count runs of the model on one utterance for the effects of all heads by gradient."""
    encoder, runs = load("bundled", device="cpu"), [0]
    wave = timit(encoder).waves[0]

    def count(*_: object) -> None:
        runs[0] += 1

    with encoder.model.register_forward_hook(count), torch.enable_grad():
        utterance = PatchedUtterance(0, wave, add_noise(wave, 0.0, 0), hidden_of(encoder, wave))
        scorers = {"hidden-error": HiddenErrorScorer([utterance.clean_hidden], 1)}
        gradient_effects(encoder, utterance, clean_contexts(encoder, wave), scorers)
    return [
        Row("runs of the model on an utterance to patch all heads by gradient", "runs", value=runs[0], goal=PATCH_GOAL)
    ]


ROWS: Rows = {"mean-ablation": mean_row, "layers": layers_row, "patching": patch_row}

if __name__ == "__main__":
    logging.disable_progress_bar()
    run_rows(ROWS, threads=1)
