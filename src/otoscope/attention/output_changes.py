"""Replace the outputs of heads, of feed-forward blocks or of whole layers.

What replaces an output is measured on a corpus (`OutputSource`). A *unit* is a head of a layer; feed-forward blocks
and layers have one unit. The context of a head is its output; its projection to the hidden states stays.

Axes: b utterance, n token, u unit, f feature, c position class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.ablation_kinds import OUTPUT_KINDS, OutputKind
from otoscope.attention.speech import CallSpeech, TokenPlaces
from otoscope.errors import InputError
from otoscope.typing import Ints

Block = Literal["heads", "feed-forward", "layer"]
BLOCKS: tuple[Block, ...] = ("heads", "feed-forward", "layer")
MEAN: tuple[OutputKind, ...] = ("mean",)
Unit = tuple[int, int]
"""The numbers of a layer and of a unit in it."""


@dataclass(frozen=True, eq=False)
class Donor:
    """An utterance whose outputs replace those of others: its samples, its frames and outputs `[N, U, f]` by layer."""

    wave: np.ndarray
    frames: int
    outputs: Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class OutputSource:
    """Outputs of a block on a corpus.

    Attributes:
        block: whose outputs.
        positions: number of parts of an utterance that have a mean of their own.
        mean: mean `[positions + 1, U, f]` of each layer; the last is that of tokens outside the utterance.
        factor: lower triangular factor `[U, f, f]` of the covariance of each layer; empty if it was not requested.
        donors: utterances with their outputs; empty if they were not requested.
    """

    block: Block
    positions: int
    mean: Sequence[Tensor]
    factor: Sequence[Tensor] = ()
    donors: Sequence[Donor] = ()


@dataclass(frozen=True, eq=False)
class OutputChange:
    """A replacement of the outputs of some units.

    Attributes:
        kind: `zero`; `mean` of a corpus; `resample`: the outputs of another utterance of similar length; `noise` with
            the mean and covariance of the unit; `states`: outputs that `states` holds.
        block: what is replaced: outputs of `heads`, of a `feed-forward` block, or what a whole `layer` adds.
        units: the units `(layer, head)`; `(layer, 0)` of other blocks.
        source: outputs on a corpus, for all kinds but `zero` and `states`.
        states: outputs `[N, U, f]` of each utterance by layer, for the kind `states`.
        seed: seed of the noise.
    """

    kind: OutputKind
    units: frozenset[Unit]
    block: Block = "heads"
    source: OutputSource | None = None
    states: Sequence[Mapping[int, Tensor]] = ()
    seed: int = 0


def replace_outputs(
    kind: OutputKind,
    units: Iterable[Unit],
    source: OutputSource | None = None,
    *,
    block: Block = "heads",
    seed: int = 0,
) -> OutputChange:
    """Return a replacement of outputs by kind.

    Args:
        kind: one of `zero`, `mean`, `resample` and `noise`.
        units: the units `(layer, head)`; `(layer, 0)` of feed-forward blocks and layers.
        source: outputs on a corpus, see `Encoder.measure_outputs`.
        block: `heads`, `feed-forward` or `layer`.
        seed: seed of the noise.

    Raises:
        InputError: no such kind or block, or the source lacks what the kind requires.

    Examples:
        >>> replace_outputs("mean", [(0, 1)])
        Traceback (most recent call last):
        otoscope.errors.InputError: expected outputs of heads for the kind mean, found none; pass what measure_outputs returns
    """  # noqa: E501
    if kind not in OUTPUT_KINDS:
        raise InputError(f"expected a kind of ablation of {', '.join(OUTPUT_KINDS)}, found '{kind}'; name one of them")
    if block not in BLOCKS:
        raise InputError(f"expected a block of {', '.join(BLOCKS)}, found '{block}'; name one of them")
    if kind != "zero":
        _check_source(kind, block, source)
    return OutputChange(kind, frozenset(units), block, source, seed=seed)


def _check_source(kind: OutputKind, block: Block, source: OutputSource | None) -> None:
    if source is None or source.block != block:
        present = "none" if source is None else f"those of {source.block}"
        raise InputError(
            f"expected outputs of {block} for the kind {kind}, found {present}; pass what measure_outputs returns"
        )
    if (kind == "resample" and not source.donors) or (kind == "noise" and not source.factor):
        raise InputError(f"expected outputs measured for the kind {kind}, found others; name it in measure_outputs")


def change_outputs(
    change: OutputChange, layer: int, outputs_bnuf: Tensor, lengths: Sequence[int], speech: CallSpeech | None
) -> None:
    """Replace outputs `[B, N, U, f]` of a layer in place; those of padding do not change."""
    units = sorted(unit for own_layer, unit in change.units if own_layer == layer)
    if not units:
        return
    if change.kind == "zero":
        outputs_bnuf[:, :, units] = 0
        return
    for b, length in enumerate(lengths):
        values_nuf = _replacement(change, layer, b, length, speech)
        outputs_bnuf[b, :length, units] = values_nuf[:, units].to(outputs_bnuf)


def _replacement(change: OutputChange, layer: int, b: int, length: int, speech: CallSpeech | None) -> Tensor:
    """Return what replaces the outputs of an utterance, `[N, U, f]`."""
    if change.kind == "states":
        return change.states[b][layer][:length]
    source = change.source
    if source is None or speech is None:
        raise InputError("expected waves with the inputs of the model, found none; pass the audio")
    if change.kind == "resample":
        donor = choose_donor(source.donors, speech, b)
        return donor.outputs[layer][_matched_tokens(speech, b, length, donor, donor.outputs[layer].shape[0])]
    mean_nuf = source.mean[layer][torch.from_numpy(speech.position_classes(b, length, source.positions))]
    if change.kind == "mean":
        return mean_nuf
    return mean_nuf + _noise(source.factor[layer], length, [change.seed, layer, speech.seed(b)])


def _noise(factor_uff: Tensor, tokens: int, seed: Sequence[int]) -> Tensor:
    """Return normal noise `[N, U, f]` with the covariance of each unit; a token's does not depend on later ones."""
    units, features, _ = factor_uff.shape
    normal = np.random.default_rng(seed).standard_normal((tokens, units, features))
    return torch.einsum("uij,nuj->nui", factor_uff, torch.from_numpy(normal).to(factor_uff))


def choose_donor(donors: Sequence[Donor], speech: CallSpeech, utterance: int) -> Donor:
    """Return the donor whose number of frames is closest to that of an utterance, and that is another utterance.

    Raises:
        InputError: there is no other utterance.
    """
    wave, frames = speech.waves[utterance], speech.frames[utterance]
    others = [donor for donor in donors if not np.array_equal(donor.wave, wave)]
    if not others:
        raise InputError("expected two different utterances or more to resample from, found one; add speech")
    return min(others, key=lambda donor: abs(donor.frames - frames))


def _matched_tokens(speech: CallSpeech, b: int, length: int, donor: Donor, donor_length: int) -> Ints:
    """Return the token of a donor that corresponds to each token `[n]`: the same row, the same relative time."""
    own, others = speech.places(length), speech.places(donor_length)
    times = match_times(own.time_n, (speech.frames[b], donor.frames), (_times(own), _times(others)))
    index = {(int(row), int(time)): n for n, (row, time) in enumerate(zip(others.row_n, others.time_n, strict=True))}
    return np.array([index[int(row), int(time)] for row, time in zip(own.row_n, times, strict=True)])


def _times(places: TokenPlaces) -> int:
    return int(places.time_n.max()) + 1


def match_times(time_n: Ints, frames: tuple[int, int], totals: tuple[int, int]) -> Ints:
    """Return the time in another utterance that corresponds to each time: utterance to utterance, silence to silence.

    Args:
        time_n: times; -1 (of special tokens) stays.
        frames: frames of this utterance and of the other.
        totals: frames with the silence after each.

    >>> match_times(np.array([-1, 0, 1, 2, 3]), (2, 4), (4, 6)).tolist()
    [-1, 1, 3, 4, 5]
    """
    (count, other), (total, other_total) = frames, totals
    inside = (2 * time_n + 1) * other // (2 * count)
    after = other + (2 * (time_n - count) + 1) * (other_total - other) // (2 * max(total - count, 1))
    matched = np.where(time_n < count, inside, np.minimum(after, other_total - 1))
    return np.where(time_n < 0, -1, matched)
