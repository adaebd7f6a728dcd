"""What can be done with each family, found by trying it on a tiny random model."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.families import FAMILIES
from otoscope.models.load import encoder_in, quiet
from otoscope.models.self_check import examine, noise
from otoscope.models.tiny_models import build_tiny_model


@dataclass(frozen=True)
class Found:
    """One family: how its attention is reached, seconds from frame to frame, and what its tiny model passed.

    `padded` says whether utterances run together with others of another length, `refused` why it is not measured.
    """

    family: str
    mechanism: str
    frame_period: float
    measured: bool
    intervened: bool
    padded: bool
    refused: str = ""


def survey() -> Iterator[Found]:
    """Each family in turn, as its self-check ends; seconds in all.

    Examples:
        >>> first = next(survey())
        >>> first.family, first.mechanism, first.frame_period, first.measured, first.intervened
        ('audio-spectrogram-transformer', 'registry', 0.1, True, True)
    """
    for name in FAMILIES:
        yield _found(name)


def _found(name: str) -> Found:
    family = FAMILIES.get(name)
    name = family.model_type
    try:
        with quiet():
            model, extractor = build_tiny_model(family)
    except ImportError as error:  # older transformers ask for packages that some feature extractors need
        return Found(name, family.mechanism, math.nan, False, False, False, " ".join(str(error).split()))
    encoder = Encoder(name, family, encoder_in(model, family.encoder, name).eval(), extractor)
    try:
        checked = examine(encoder)
    except InputError as error:
        return Found(name, family.mechanism, encoder.frame_period, False, False, False, str(error))
    return Found(name, family.mechanism, encoder.frame_period, True, _changes(checked), checked.padding_invariant)


def _changes(encoder: Encoder) -> bool:
    """Whether removing a head, and limiting the span where frames are in time alone, change what the encoder gives."""
    wave = noise(encoder.sampling_rate)[-1:]
    intact = encoder.forward(wave).hidden
    with encoder.without_heads([(0, 0)]):
        removed = encoder.forward(wave).hidden
    if encoder.family.is_patch_grid:
        return not torch.equal(intact, removed)
    with encoder.limit_span(1):
        near = encoder.forward(wave).hidden
    return not torch.equal(intact, removed) and not torch.equal(intact, near)
