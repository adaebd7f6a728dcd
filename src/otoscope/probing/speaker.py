"""Classes of both speaker probes: who speaks, among the speakers that have two utterances or more."""

from collections.abc import Sequence

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor

from otoscope.corpus import speaker_of
from otoscope.errors import InputError
from otoscope.probing.folds import within_speaker_folds
from otoscope.probing.probe_data import ProbeData


def check(cuts: Sequence[MonoCut]) -> None:
    """Raise InputError if the cuts do not name two speakers with two utterances each."""
    _speaker_names([speaker_of(cut) for cut in cuts])
    within_speaker_folds([speaker_of(cut) for cut in cuts], 2, np.random.default_rng(0))


def speaker_numbers(data: ProbeData) -> list[int]:
    """Return the number of each utterance's speaker, or -1 without one.

    Raises:
        InputError: the corpus names fewer than two speakers.
    """
    number_of = {speaker: number for number, speaker in enumerate(_speaker_names(data.speakers))}
    return [number_of[speaker] if speaker else -1 for speaker in data.speakers]


def _speaker_names(speakers: Sequence[str | None]) -> list[str]:
    named = sorted({speaker for speaker in speakers if speaker})
    if len(named) < 2:
        raise InputError(
            f"expected two speakers or more for a speaker probe, found {len(named)} in the corpus; add speech, raise "
            "--limit, or choose another probe"
        )
    return named


def of_utterances(data: ProbeData) -> list[Tensor]:
    """Return one class for each utterance, `[1]`."""
    return [torch.tensor([number]) for number in speaker_numbers(data)]


def of_frames(data: ProbeData) -> list[Tensor]:
    """Return the same class for all frames of an utterance, `[T]`."""
    numbers = speaker_numbers(data)
    return [torch.full((len(hidden),), number) for hidden, number in zip(data.hidden, numbers, strict=True)]
