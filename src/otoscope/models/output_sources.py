"""Measure the outputs of an encoder's heads, feed-forward blocks or layers on a corpus, and its offset profiles.

Axes: b utterance, n token, u unit, f feature, c position class, h head, j offset.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from otoscope.attention.ablation import Ablation
from otoscope.attention.ablation_kinds import PATTERN_KINDS, AblationKind
from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import ReductionRequest, attend_with
from otoscope.attention.output_changes import MEAN, Block, Donor, OutputSource
from otoscope.attention.pattern_changes import OffsetProfiles
from otoscope.attention.reductions import Reductions
from otoscope.errors import InputError
from otoscope.models.blocks import visit_blocks
from otoscope.models.capture import call_speech, default_handler, forward_with_handler

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder

MAX_DONORS = 32  # utterances whose outputs are in memory, for resampling
MIN_VARIANCE = 1e-12  # share of the mean variance that is added to the diagonal of a covariance

OnOutputs = Callable[[int, Tensor], None]
"""Receives the number of a block and its outputs `[N, U, f]` of one utterance."""


class OutputSums:
    """Sums over tokens of the outputs of one block; `add` changes them."""

    def __init__(self, positions: int, has_squares: bool) -> None:
        """Begin without a token."""
        self.positions, self.has_squares = positions, has_squares  # squares of layers are large
        self.count_c = torch.zeros(positions + 1, dtype=torch.float64)
        self.sum_cuf: Tensor | None = None
        self.squares_uff: Tensor | None = None

    def add(self, outputs_nuf: Tensor, class_n: Tensor) -> None:
        """Add the outputs of an utterance, whose tokens have these position classes."""
        values = outputs_nuf.double().cpu()
        if self.sum_cuf is None:
            self.sum_cuf = values.new_zeros(self.positions + 1, *values.shape[1:])
            if self.has_squares:
                self.squares_uff = values.new_zeros(*values.shape[1:], values.shape[2])
        self.count_c.index_add_(0, class_n, torch.ones(len(class_n), dtype=torch.float64))
        self.sum_cuf.index_add_(0, class_n, values)
        if self.squares_uff is not None:
            inside = values[class_n < self.positions]
            self.squares_uff += torch.einsum("nuf,nug->ufg", inside, inside)

    @property
    def mean(self) -> Tensor:
        """Return the mean `[C, U, f]`; that of all tokens in the utterances for a class without tokens."""
        assert self.sum_cuf is not None
        inside = self.sum_cuf[:-1].sum(0) / self.count_c[:-1].sum()
        mean_cuf = self.sum_cuf / self.count_c[:, None, None].clamp(min=1)
        return torch.where(self.count_c[:, None, None] > 0, mean_cuf, inside)

    @property
    def factor(self) -> Tensor:
        """Return the lower triangular factor `[U, f, f]` of the covariance within utterances."""
        assert self.sum_cuf is not None
        assert self.squares_uff is not None
        count = self.count_c[:-1].sum()
        mean_uf = self.sum_cuf[:-1].sum(0) / count
        covariance = self.squares_uff / count - mean_uf[:, :, None] * mean_uf[:, None]
        scale = covariance.diagonal(dim1=1, dim2=2).mean(1).clamp(min=1e-30) * MIN_VARIANCE
        ridge = torch.eye(covariance.shape[1], dtype=torch.float64) * scale[:, None, None]
        return _square_root(covariance + ridge)


def _square_root(covariance_uff: Tensor) -> Tensor:
    """Return a factor `S` with `S S^T` equal to each covariance, also to one without full rank."""
    values_uf, vectors_uff = torch.linalg.eigh(covariance_uff)
    return vectors_uff * values_uf.clamp(min=0).sqrt()[:, None]


def measure_outputs(
    encoder: "Encoder",
    audio: Sequence[np.ndarray],
    block: Block = "heads",
    kinds: Collection[str] = MEAN,
    positions: int = 1,
) -> OutputSource:
    """Run some waves once and return the outputs that the kinds of ablation need, under the interventions in force.

    Args:
        encoder: the model.
        audio: waves `[samples]` at the model's rate.
        block: `heads`, `feed-forward` or `layer` (what a layer adds to its input).
        kinds: kinds of ablation that the outputs are for, of `mean`, `resample` and `noise`.
        positions: number of equal parts of an utterance that have a mean of their own.

    Raises:
        InputError: no wave, fewer than one position, or a block that cannot be reached.
    """
    if not audio or positions < 1:
        raise InputError(f"expected 1 wave and 1 position or more, found {len(audio)} and {positions}; add audio")
    recording = _Recording(positions, "noise" in kinds)
    chosen = _donor_indices(audio) if "resample" in kinds else set[int]()
    donors = []
    for index, wave in enumerate(audio):
        outputs = recording.add_utterance(encoder, wave, block)
        if index in chosen:
            donors.append(Donor(wave, encoder.num_frames(wave), outputs))
    sums = recording.in_order()
    factors = [each.factor for each in sums] if "noise" in kinds else []
    return OutputSource(block, positions, [each.mean for each in sums], factors, donors)


def _donor_indices(audio: Sequence[np.ndarray]) -> set[int]:
    """Return the indices of utterances of all lengths, evenly spread over their order by length."""
    order = np.argsort([len(wave) for wave in audio], kind="stable")
    spread = np.unique(np.linspace(0, len(audio) - 1, MAX_DONORS).round().astype(int))
    return set(order[spread].tolist())


def make_ablation(encoder: "Encoder", audio: Sequence[np.ndarray], kind: AblationKind, positions: int = 1) -> Ablation:
    """Return the removal of heads by a kind, with the outputs or profiles on some waves that it requires."""
    if kind == "profile":
        return Ablation(kind, profiles=measure_profiles(encoder, audio))
    if kind == "zero" or kind in PATTERN_KINDS:
        return Ablation(kind)
    return Ablation(kind, measure_outputs(encoder, audio, kinds=(kind,), positions=positions))


class _Recording:
    """The sums of each block by its number; `add_utterance` changes them."""

    def __init__(self, positions: int, has_squares: bool) -> None:
        self.positions, self.has_squares = positions, has_squares
        self.sums: dict[int, OutputSums] = {}

    def add_utterance(self, encoder: "Encoder", wave: np.ndarray, block: Block) -> list[Tensor]:
        """Run a wave, add its outputs, and return those `[N, U, f]` of each block."""
        speech, outputs = call_speech(encoder, [wave]), dict[int, Tensor]()

        def on_outputs(number: int, outputs_nuf: Tensor) -> None:
            class_n = torch.from_numpy(speech.position_classes(0, len(outputs_nuf), self.positions))
            self.sums.setdefault(number, OutputSums(self.positions, self.has_squares)).add(outputs_nuf, class_n)
            outputs[number] = outputs_nuf.clone()

        run_outputs(encoder, wave, block, on_outputs)
        return [outputs[number] for number in sorted(outputs)]

    def in_order(self) -> list[OutputSums]:
        """Return the sums in the order of the blocks."""
        return [self.sums[number] for number in sorted(self.sums)]


def run_outputs(encoder: "Encoder", wave: np.ndarray, block: Block, on_outputs: OnOutputs) -> None:
    """Run one wave under the interventions in force, and pass the outputs of each block to `on_outputs`."""

    def handler(call: AttentionCall) -> Tensor:
        context_bthd = default_handler(encoder, call)
        on_outputs(call.layer, context_bthd[0, : call.lengths[0]])
        return context_bthd

    def visit(number: int, outputs_bnuf: Tensor, lengths: Sequence[int]) -> None:
        on_outputs(number, outputs_bnuf[0, : lengths[0]])

    if block == "heads":
        forward_with_handler(encoder, [wave], handler)
        return
    with visit_blocks(encoder, block, call_speech(encoder, [wave]), visit):
        forward_with_handler(encoder, [wave], lambda call: default_handler(encoder, call))


def measure_profiles(encoder: "Encoder", audio: Sequence[np.ndarray]) -> OffsetProfiles:
    """Return the mean weight of each head at each offset (key minus query) over all pairs of frames of some waves."""
    by_layer: dict[int, list[Reductions]] = {}

    def handler(call: AttentionCall) -> Tensor:
        request = ReductionRequest(needs=frozenset({"offset_histogram"}))
        context_bthd, reductions = attend_with(encoder.intervention, call, call.layer, request)
        by_layer.setdefault(call.layer, []).extend(reductions)
        return context_bthd

    for wave in audio:
        forward_with_handler(encoder, [wave], handler)
    return OffsetProfiles([_log_profile(by_layer[layer]) for layer in sorted(by_layer)])


def _log_profile(utterances: Sequence[Reductions]) -> Tensor:
    """Return the logarithm of the total weight over the number of pairs at each offset, `[H, j]`."""
    reach = max(each.length for each in utterances) - 1
    weights, pairs = [], []
    for each in utterances:
        assert each.offset_histogram is not None
        pairs_j = each.length - torch.arange(1 - each.length, each.length).abs().double()
        margin = reach - (each.length - 1)
        weights.append(functional.pad(each.offset_histogram.double().cpu(), (margin, margin)))
        pairs.append(functional.pad(pairs_j, (margin, margin)))
    return (torch.stack(weights).sum(0) / torch.stack(pairs).sum(0)).log()
