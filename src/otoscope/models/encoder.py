"""One interface to every speech encoder; the work is done by functions in other modules of this package."""

import math
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lhotse.cut import Cut
from torch import Tensor, nn

from otoscope.attention.interventions import NO_INTERVENTION, HeadFactors, Intervention
from otoscope.attention.labels import Labels
from otoscope.attention.output_changes import MEAN, Block, OutputChange, OutputSource
from otoscope.attention.pattern_changes import PatternChange
from otoscope.attention.reduction_names import ATTENTION_OUTSIDE, VALUE_NORM
from otoscope.attention.speech import PatchGrid
from otoscope.corpus import load_audio
from otoscope.errors import InputError
from otoscope.models import attention_maps, interventions, measurement, output_sources
from otoscope.models.adapters import Adapter
from otoscope.models.capture import forward_unhooked
from otoscope.models.encoder_output import EncoderOutput
from otoscope.models.families import SPECIAL_TOKENS, Family
from otoscope.models.features import features
from otoscope.models.front_ends import patch_grid_shape
from otoscope.statistics import statistics_requiring


@dataclass
class Encoder:
    """A speech encoder whose attention can be measured and changed; made by `load` and `wrap`.

    Attributes:
        name: what it was loaded from.
        family: its model family.
        model: the transformers model.
        extractor: the transformers feature extractor.
        layers: the attention modules in the order in which they run.
        n_heads: heads of each layer.
        padding_invariant: whether a padded batch gives the numbers of its utterances alone; otherwise utterances run
            separately.
        output_projections: name of each layer's projection from the contexts of its heads; empty if it is unknown.
        intervention: the current change of it; only `without_heads`, `limit_span` and `intervene` set it.
        adapter: the adapter of peft that is merged into the weights, or None.

    Examples:
        >>> from otoscope import load
        >>> encoder = load("bundled")
        >>> wave = np.random.default_rng(0).normal(size=16000)
        >>> original = encoder.forward([wave]).hidden
        >>> with encoder.without_heads([(0, 1), (3, 2)]), encoder.limit_span(8):
        ...     changed = encoder.forward([wave]).hidden
        >>> torch.equal(original, changed)
        False
    """

    name: str
    family: Family
    model: Any
    extractor: Any
    layers: tuple[nn.Module, ...] = ()
    n_heads: tuple[int, ...] = ()
    padding_invariant: bool = False
    output_projections: tuple[str, ...] = ()
    intervention: Intervention = NO_INTERVENTION
    adapter: Adapter | None = None

    @property
    def n_layers(self) -> int:
        """Number of layers with attention."""
        return len(self.layers)

    @property
    def sampling_rate(self) -> int:
        """Samples per second of its audio."""
        return int(self.extractor.sampling_rate)

    @property
    def frame_period(self) -> float:
        """Seconds from one attention frame to the next."""
        return self.family.front_end.hop(self.model.config) / self.sampling_rate

    @property
    def first_frame_center(self) -> float:
        """Seconds from the start of the audio to the center of the first attention frame."""
        return self.family.front_end.center(self.model.config) / self.sampling_rate

    @property
    def max_seconds(self) -> float:
        """Longest audio in seconds; infinite if there is no limit."""
        return self.family.max_seconds(self.model.config) if self.family.max_seconds else math.inf

    @property
    def padded_seconds(self) -> float:
        """Seconds to which the model extends every utterance with silence that it sees; 0 if it does not."""
        return self.max_seconds if self.family.sees_silence else 0.0

    @property
    def device(self) -> torch.device:
        """Device of the model's weights."""
        return next(self.model.parameters()).device

    @property
    def patch_grid(self) -> PatchGrid | None:
        """The patches between which the model attends; None if its attention is between frames in time."""
        if not self.family.is_patch_grid:
            return None
        return PatchGrid(SPECIAL_TOKENS, times=patch_grid_shape(self.model.config)[1])

    @property
    def model_reductions(self) -> frozenset[str]:
        """Names of the reductions that this model provides and some models do not (`REQUIRES_MODEL`)."""
        norms = frozenset[str]() if self.unavailable_statistics else frozenset({VALUE_NORM})
        return norms | ({ATTENTION_OUTSIDE} if self.family.sees_silence else set())

    @property
    def unavailable_statistics(self) -> dict[str, str]:
        """Names of the statistics that cannot be measured in this model, each with the reason."""
        if self.family.is_patch_grid:
            return dict.fromkeys(statistics_requiring(VALUE_NORM), "its frames are patches in bands and times")
        if not all(self.output_projections) or not self.output_projections:
            reason = "no linear layer is given the contexts of its heads as they are"
            return dict.fromkeys(statistics_requiring(VALUE_NORM), reason)
        return {}

    def num_frames(self, wave: np.ndarray) -> int:
        """Return the number of attention frames of a wave `[samples]`."""
        return self.family.front_end.num_frames(self.model.config, len(wave))

    def check_heads(self) -> None:
        """Raise InputError if no layer has a head."""
        if not any(self.n_heads):
            raise InputError(f"{self.name} has no attention heads left; take a model that has some")

    def check_length(self, wave: np.ndarray) -> None:
        """Raise InputError if a wave `[samples]` is too short for one attention frame, or too long for the model."""
        if self.num_frames(wave) < 1:
            raise InputError(f"audio of {len(wave)} samples is shorter than one frame of {self.name}")
        if (seconds := len(wave) / self.sampling_rate) > self.max_seconds:
            raise InputError(
                f"audio of {seconds:.1f} s is longer than the {self.max_seconds:g} s that {self.name} takes"
            )

    def load_wave(self, cut: Cut | np.ndarray) -> np.ndarray:
        """Return the samples `[samples]` of a cut at the model's rate; an array is assumed to have this rate."""
        return cut if isinstance(cut, np.ndarray) else load_audio(cut, self.sampling_rate)

    def inputs(self, audio: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """Return the model's inputs for some waves `[samples]`: features or samples, and a padding mask for several.

        Raises:
            InputError: a wave is too short for one frame, or too long.
        """
        for wave in audio:
            self.check_length(wave)
        inputs = features(self.family, self.model.config, self.extractor, audio)
        dtype = next(self.model.parameters()).dtype
        return {
            name: tensor.to(self.device, dtype if tensor.is_floating_point() else None)
            for name, tensor in inputs.items()
        }

    def forward(self, audio: Sequence[np.ndarray]) -> EncoderOutput:
        """Return the final hidden states of some waves, under the current interventions.

        Args:
            audio: waves `[samples]` at `sampling_rate`.

        Returns:
            Hidden states `[B, T, d]` and the length of each utterance.

        Raises:
            InputError: a wave is too short for one frame, or too long.
        """
        return self.measure(audio, needs=())

    def forward_unhooked(self, audio: Sequence[np.ndarray]) -> Tensor:
        """Return final hidden states `[B, T, d]` as the model itself computes them: no capture, no intervention."""
        return forward_unhooked(self, audio)

    def measure(
        self,
        audio: Sequence[np.ndarray],
        needs: Collection[str],
        on_layer: measurement.OnLayer | None = None,
        labels: Sequence[Labels] | None = None,
    ) -> EncoderOutput:
        """Run some waves and pass the reductions named by `needs` to `on_layer`; see `measurement.measure`."""
        return measurement.measure(self, audio, needs, on_layer, labels)

    def attention(self, cut: Cut | np.ndarray, layer: int, head: int) -> np.ndarray:
        """Return the attention map of one head for one utterance.

        Args:
            cut: a Lhotse cut, or samples `[samples]` at `sampling_rate`.
            layer: number of the layer, from 0.
            head: number of the head, from 0.

        Returns:
            `[T, T]`, query by key; rows sum to one.

        Raises:
            InputError: the model has no such layer or head.

        Examples:
            >>> from otoscope import load
            >>> load("bundled").attention(np.random.default_rng(0).normal(size=16000), layer=0, head=1).shape
            (50, 50)
        """
        interventions.check_head(self.name, self.n_heads, layer, head)
        return self.maps(cut, [layer])[layer][head]

    def maps(self, cut: Cut | np.ndarray, layers: Collection[int] | None = None) -> dict[int, np.ndarray]:
        """Return the attention maps `[H, T, T]` of one utterance by layer, of some layers or of all."""
        return attention_maps.attention_maps(self, cut, layers)

    def visit_maps(
        self, cut: Cut | np.ndarray, on_map: attention_maps.OnMap, layers: Collection[int] | None = None
    ) -> None:
        """Pass layer, head and map `[T, T]` of each head to `on_map`; only one map is in memory at a time."""
        attention_maps.visit_maps(self, cut, on_map, layers)

    def grid_maps(self, cut: Cut | np.ndarray, layers: Collection[int] | None = None) -> dict[int, np.ndarray]:
        """Return the maps between patches of one utterance, `[H, bands, T, bands, T]`, by layer.

        Rows sum to one over the patches of the utterance; `maps` returns them between frames in time.

        Raises:
            InputError: the model's frames are not patches in bands and times.
        """
        return attention_maps.grid_maps(self, cut, layers)

    def representations(self, cut: Cut | np.ndarray) -> list[np.ndarray]:
        """Return the output `[T, d]` of each layer for one utterance, under the current interventions.

        Examples:
            >>> from otoscope import load
            >>> states = load("bundled").representations(np.random.default_rng(0).normal(size=16000))
            >>> len(states), states[0].shape
            (6, (50, 256))
        """
        return attention_maps.representations(self, cut)

    def without_heads(self, heads: Iterable[tuple[int, int]]) -> AbstractContextManager["Encoder"]:
        """Set the context of these `(layer, head)` to zero within the block, in addition to those removed already.

        This equals removing the columns of the heads from the output projection: their value bias goes, the output
        bias stays.

        Raises:
            InputError: the model has no such layer or head.
        """
        return interventions.without_heads(self, heads)

    def limit_span(self, radius: int, renormalise: bool = True) -> AbstractContextManager["Encoder"]:
        """Let queries attend only to keys at most `radius` frames away within the block.

        A block inside another replaces its span.

        Args:
            radius: distance in frames.
            renormalise: whether rows sum to one over the remaining keys; otherwise the other weights become zero.

        Raises:
            InputError: `radius` is negative or longer than any utterance, or the model's frames are patches.
        """
        return interventions.limit_span(self, radius, renormalise)

    def intervene(self, *changes: OutputChange | PatternChange | HeadFactors) -> AbstractContextManager["Encoder"]:
        """Replace outputs and attention patterns, and gate heads, within the block, after the changes of outer blocks.

        `otoscope.attention.pattern_changes` and `output_changes` make changes, which apply in their order. A head whose
        output is replaced keeps its pattern in maps and statistics. Gates (`HeadFactors`) apply before other changes.

        Raises:
            InputError: the model has no such layer, head or block.

        Examples:
            >>> from otoscope import load
            >>> from otoscope.attention.pattern_changes import uniform
            >>> encoder = load("bundled")
            >>> wave = np.random.default_rng(0).normal(size=16000)
            >>> with encoder.intervene(uniform([(2, 3)])):
            ...     round(float(encoder.attention(wave, 2, 3).max()), 4)
            0.02
        """
        return interventions.intervene(self, *changes)

    def measure_outputs(
        self, audio: Sequence[np.ndarray], block: Block = "heads", kinds: Collection[str] = MEAN, positions: int = 1
    ) -> OutputSource:
        """Run some waves `[samples]` once, and return the outputs that replace others; see `output_sources`."""
        return output_sources.measure_outputs(self, audio, block, kinds, positions)
