"""Cost of word times, over the pass of the model that is given the text.

The row needs whisper-tiny.en in OTOSCOPE_MODELS and timit-sample in OTOSCOPE_CORPORA. One thread. The pass alone takes
the same audio and the same tokens: features, encoder, and the decoder once over the whole text.

    python benchmarks/word_times.py [ROW ...]
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch

import otoscope
from harness import CORPORA, MODELS, Row, Rows, ratio_row, require_path, run_rows
from otoscope.alignment.aligner import Aligner, align_words
from otoscope.alignment.spelling import spell
from otoscope.corpus import load_audio
from otoscope.corpus.transcript import text_of
from otoscope.decoders.transcriber import Transcriber, load_transcriber

UTTERANCES, RATE = 12, 16000
Text = tuple[np.ndarray, list[str]]


def texts() -> list[Text]:
    """Return audio and words of some utterances."""
    cuts = islice(otoscope.read_corpus(require_path(CORPORA / "timit-sample"), on_skip=lambda _: None), UTTERANCES)
    return [(load_audio(cut, RATE), (text_of(cut) or "").split()) for cut in cuts]


@torch.inference_mode()
def teacher_forced(transcriber: Transcriber, items: Sequence[tuple[np.ndarray, torch.Tensor]]) -> None:
    for wave, ids in items:
        transcriber.model(**transcriber.inputs([wave]), decoder_input_ids=ids)


def align_all(aligner: Aligner, transcriber: Transcriber, items: Sequence[Text]) -> None:
    for wave, words in items:
        align_words(aligner, transcriber, wave, words)


def cost_row() -> list[Row]:
    model, items = require_path(MODELS / "whisper-tiny.en"), texts()
    transcriber = load_transcriber(model, device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "aligner.json"
        options = otoscope.CorpusOptions(sample=24, balanced="speaker")
        aligner = otoscope.align(transcriber, CORPORA / "timit-sample", path, options=options).aligner
    spelled = [(wave, spell(transcriber.tokenizer, words, aligner.unit).tokens) for wave, words in items]
    ids = [(wave, torch.tensor([[*transcriber.prompt, *tokens, transcriber.end]])) for wave, tokens in spelled]
    alone, work = partial(teacher_forced, transcriber, ids), partial(align_all, aligner, transcriber, items)
    return ratio_row("whisper-tiny.en: word times, over the pass with the text alone", alone, work, "at most 1.3x")


ROWS: Rows = {"word-times": cost_row}

if __name__ == "__main__":
    run_rows(ROWS, threads=1)
