"""Choose heads for word times without labels: those whose maps are sharpest, by the norms of rows and columns.

The score of a head is that of "Whisper Has an Internal Word Aligner" (arXiv 2509.09987), as a share of the largest in
its utterance, averaged over the utterances. Lags cannot be measured without labels and are taken as zero.
"""

from collections.abc import Sequence

import numpy as np
from lhotse import MonoCut

from otoscope.alignment.aligner import Aligner, Anchor, Side
from otoscope.alignment.fit import HeadTimes, TimedUtterance
from otoscope.alignment.spelling import Unit
from otoscope.corpus import load_audio, speaker_of
from otoscope.corpus.transcript import text_of
from otoscope.decoders.attention_record import Head
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE

BOUNDARY_ROWS = {Unit.character: {Side.start: 1, Side.end: 0}, Unit.wordpiece: {Side.start: 0, Side.end: 0}}
"""A word of characters starts at its first letter and ends at the space of the next one."""


def rank_by_norm(measured: Sequence[HeadTimes]) -> list[Head]:
    """Return the heads by their mean norm as a share of the largest in each utterance, highest first."""
    shares = {
        head: np.mean([item.norms[head] / max(item.norms.values()) for item in measured]) for head in measured[0].norms
    }
    return sorted(shares, key=lambda head: shares[head], reverse=True)


def anchors_by_norm(measured: Sequence[HeadTimes], unit: Unit) -> dict[Side, Anchor]:
    """Return the head with the largest norm as the estimate of each side, with a lag of zero."""
    head = rank_by_norm(measured)[0]
    return {side: Anchor(head, BOUNDARY_ROWS[unit][side], 0.0) for side in Side}


def unlabelled_aligner(transcriber: Transcriber, measured: Sequence[HeadTimes], unit: Unit) -> Aligner:
    """Return an aligner that was learned without labels: one head, no model of boundaries, no confidence."""
    return Aligner(transcriber.name, transcriber.fingerprint, unit, (), anchors_by_norm(measured, unit), {})


def spoken_utterance(transcriber: Transcriber, cut: MonoCut) -> TimedUtterance:
    """Return the words of a cut without their times.

    Raises:
        InputError: the cut has no text, or its audio is empty or too long.
    """
    text = text_of(cut)
    if not text:
        raise InputError("expected a text, found none; add a file .txt with the same name")
    wave = load_audio(cut, SAMPLING_RATE)
    transcriber.check_wave(wave)
    return TimedUtterance(cut.id, speaker_of(cut) or "", wave, tuple(text.split()), {})
