"""What otoscope can do with each model family, from trials on tiny random models."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.families import FAMILIES, Family
from otoscope.models.load import find_encoder, silence_transformers
from otoscope.models.mockingjay import MockingjayModel
from otoscope.models.self_check import noise, self_check
from otoscope.models.tiny_models import build_tiny_model


@dataclass(frozen=True)
class FamilyCapabilities:
    """Result of the trial of one family.

    Attributes:
        family: its model type.
        mechanism: how its attention is captured, `registry` or `fallback`.
        frame_period: seconds from one attention frame to the next; nan if no model could be made.
        measured: whether its tiny model passed the self-check.
        intervened: whether removing a head and limiting the span change the output.
        padded: whether padded batches give the numbers of their utterances alone.
        refused: the reason why it is not measured.
        limits: the reason for each option or statistic that the family does not offer: `span` (limited spans),
            `reconstruction` (as a probe and as a loss), or the name of a statistic.
    """

    family: str
    mechanism: str
    frame_period: float
    measured: bool = False
    intervened: bool = False
    padded: bool = False
    refused: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)


def supported_families() -> Iterator[FamilyCapabilities]:
    """Try each model family on a tiny random model, and yield its result.

    Returns:
        One result for each family of `otoscope.models.FAMILIES`, in alphabetical order; all take some seconds.

    Examples:
        >>> first = next(supported_families())
        >>> first.family, first.mechanism, first.frame_period, first.measured, first.intervened
        ('audio-spectrogram-transformer', 'registry', 0.1, True, True)
    """
    for family in FAMILIES.select().values():
        yield _try_family(family)


def _try_family(family: Family) -> FamilyCapabilities:
    name, mechanism = family.model_type, family.mechanism
    try:
        with silence_transformers():
            model, extractor = build_tiny_model(family)
    except (ImportError, InputError) as error:  # some feature extractors need packages that otoscope does not
        return FamilyCapabilities(name, mechanism, math.nan, refused=" ".join(str(error).split()))
    encoder = Encoder(name, family, find_encoder(model, family.encoder, name).eval(), extractor)
    try:
        checked = self_check(encoder)
    except InputError as error:
        return FamilyCapabilities(name, mechanism, encoder.frame_period, refused=str(error))
    return FamilyCapabilities(
        name,
        mechanism,
        encoder.frame_period,
        measured=True,
        intervened=_interventions_have_effect(checked),
        padded=checked.padding_invariant,
        limits=_limits(checked),
    )


def _limits(encoder: Encoder) -> dict[str, str]:
    """Return the reason for each option or statistic that an encoder does not offer."""
    limits = dict(encoder.unavailable_statistics)
    if encoder.family.is_patch_grid:
        limits["span"] = "its frames are patches of time and band"
    if not isinstance(encoder.model, MockingjayModel):
        limits["reconstruction"] = "it has no prediction head that reconstructs its input"
    return limits


def _interventions_have_effect(encoder: Encoder) -> bool:
    """Return whether removing a head, and limiting the span if the model has one, change the output."""
    wave = noise(encoder.sampling_rate)[-1:]
    original = encoder.forward(wave).hidden
    with encoder.without_heads([(0, 0)]):
        without_head = encoder.forward(wave).hidden
    if encoder.family.is_patch_grid:
        return not torch.equal(original, without_head)
    with encoder.limit_span(1):
        within_span = encoder.forward(wave).hidden
    return not torch.equal(original, without_head) and not torch.equal(original, within_span)
