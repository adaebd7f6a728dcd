"""Classes of both speaker probes: who speaks, among the speakers that have two utterances or more."""

import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.probing.probe_data import ProbeData


def speaker_numbers(data: ProbeData) -> list[int]:
    """Number of each utterance's speaker, -1 where unknown.

    Raises:
        InputError: the corpus names fewer than two speakers.
    """
    named = sorted({speaker for speaker in data.speakers if speaker})
    if len(named) < 2:
        raise InputError(
            f"a speaker probe needs two speakers and the corpus names {len(named)}; choose another probe or corpus"
        )
    number_of = {speaker: number for number, speaker in enumerate(named)}
    return [number_of[speaker] if speaker else -1 for speaker in data.speakers]


def of_utterances(data: ProbeData) -> list[Tensor]:
    """One class for each utterance, `[1]`."""
    return [torch.tensor([number]) for number in speaker_numbers(data)]


def of_frames(data: ProbeData) -> list[Tensor]:
    """The same class for all frames of an utterance, `[T]`."""
    numbers = speaker_numbers(data)
    return [torch.full((len(hidden),), number) for hidden, number in zip(data.hidden, numbers, strict=True)]
