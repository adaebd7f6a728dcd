"""One view of every speech encoder: run it, watch its attention, change its attention.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from lhotse.cut import Cut
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall, AttentionHandler, handle_attention
from otoscope.attention.crop import PatchGrid, crop_to_utterance, normalise_rows, patch_map
from otoscope.attention.full_maps import full_maps, head_map
from otoscope.attention.function_capture import capture_functions
from otoscope.attention.interventions import NO_INTERVENTION, Intervention, ReductionRequest, attend_with, check_span
from otoscope.attention.labels import Labels
from otoscope.attention.reduction_names import ATTENTION_OUTSIDE, VALUE_NORM
from otoscope.attention.reductions import Reductions
from otoscope.corpus import load_audio
from otoscope.errors import InputError
from otoscope.models.encoder_output import Encoded, side_by_side, without_padding
from otoscope.models.families import SPECIAL_TOKENS, Family
from otoscope.models.features import features
from otoscope.models.front_ends import patch_grid_shape
from otoscope.statistics import statistics_requiring

Receive = Callable[[int, list[Reductions]], None]
"""Given a layer's number and its reductions, one per utterance."""


@dataclass
class Encoder:
    """A speech encoder whose attention can be seen and changed; made by `load`.

    Attributes:
        name: what it was loaded from.
        family: its row of `FAMILIES`.
        model, extractor: the transformers model and feature extractor.
        layers: the attention modules in the order in which they run.
        n_heads: heads of each layer.
        pads: whether a padded batch gives the numbers of its utterances alone; where not, utterances run one by one.
        outputs: name of each layer's projection from the heads' contexts; empty where none is known.

    Examples:
        >>> from otoscope import load
        >>> encoder = load("bundled")
        >>> wave = np.random.default_rng(0).normal(size=16000)
        >>> whole = encoder.forward([wave]).hidden
        >>> with encoder.without_heads([(0, 1), (3, 2)]), encoder.span(8):
        ...     changed = encoder.forward([wave]).hidden
        >>> torch.equal(whole, changed)
        False
    """

    name: str
    family: Family
    model: Any
    extractor: Any
    layers: tuple[nn.Module, ...] = ()
    n_heads: tuple[int, ...] = ()
    pads: bool = False
    outputs: tuple[str, ...] = ()
    intervention: Intervention = NO_INTERVENTION

    @property
    def n_layers(self) -> int:
        """Number of layers with attention."""
        return len(self.layers)

    @property
    def sampling_rate(self) -> int:
        """Samples per second of the audio it takes."""
        return int(self.extractor.sampling_rate)

    @property
    def frame_period(self) -> float:
        """Seconds from one attention frame to the next."""
        return self.family.front_end.hop(self.model.config) / self.sampling_rate

    @property
    def first_centre(self) -> float:
        """Seconds from the start of the audio on which the first attention frame is centred."""
        return self.family.front_end.center(self.model.config) / self.sampling_rate

    @property
    def model_reductions(self) -> frozenset[str]:
        """Names of the reductions that this model provides and some models do not (`REQUIRES_MODEL`)."""
        norms = frozenset[str]() if self.unmeasured else frozenset({VALUE_NORM})
        return norms | ({ATTENTION_OUTSIDE} if self.family.sees_silence else set())

    @property
    def unmeasured(self) -> dict[str, str]:
        """Names of the statistics that cannot be measured of this model's heads, each with the reason."""
        if self.family.is_patch_grid:
            return dict.fromkeys(statistics_requiring(VALUE_NORM), "its frames are patches in bands and times")
        if not all(self.outputs) or not self.outputs:
            reason = "no linear layer is given the contexts of its heads as they are"
            return dict.fromkeys(statistics_requiring(VALUE_NORM), reason)
        return {}

    @property
    def patch_grid(self) -> PatchGrid | None:
        """The patches between which the model attends; None if its attention is between frames in time."""
        if not self.family.is_patch_grid:
            return None
        return PatchGrid(SPECIAL_TOKENS, times=patch_grid_shape(self.model.config)[1])

    @property
    def longest(self) -> float:
        """Seconds of audio that it takes at most."""
        return self.family.max_seconds(self.model.config) if self.family.max_seconds else math.inf

    def check_heads(self) -> None:
        """Raise InputError where no layer has a head."""
        if not any(self.n_heads):
            raise InputError(f"{self.name} has no attention heads left; take a model that has some")

    def frames(self, wave: np.ndarray) -> int:
        """Attention frames of a wave `[samples]`."""
        return self.family.front_end.num_frames(self.model.config, len(wave))

    def check_length(self, wave: np.ndarray) -> None:
        """Raise InputError unless a wave `[samples]` has a frame of attention and the model takes all of it."""
        if self.frames(wave) < 1:
            raise InputError(f"audio of {len(wave)} samples is shorter than one frame of {self.name}")
        if (seconds := len(wave) / self.sampling_rate) > self.longest:
            raise InputError(f"audio of {seconds:.1f} s is longer than the {self.longest:g} s that {self.name} takes")

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return next(self.model.parameters()).device

    def forward(self, audio: Sequence[np.ndarray]) -> Encoded:
        """Final hidden states of some waves `[samples]`, under the interventions in force."""
        return self.observe(audio, needs=())

    def observe(
        self,
        audio: Sequence[np.ndarray],
        needs: Collection[str],
        receive: Receive | None = None,
        labels: Sequence[Labels] | None = None,
    ) -> Encoded:
        """Run some waves `[samples]`; `receive` gets the reductions named by `needs`, layer by layer.

        `labels` are the phones of each wave's `frames`, for the reductions that need them. Where the model cannot be
        padded, `receive` is called for each utterance in turn.

        Raises:
            InputError: a wave is too short for one frame.
        """
        batches = [slice(None)] if self.pads else [slice(place, place + 1) for place in range(len(audio))]
        wanted = [ReductionRequest(frozenset(needs), labels and labels[batch]) for batch in batches]
        return side_by_side([self._observe(audio[b], want, receive) for b, want in zip(batches, wanted, strict=True)])

    def _observe(self, audio: Sequence[np.ndarray], wanted: ReductionRequest, receive: Receive | None) -> Encoded:
        lengths: tuple[int, ...] = ()

        def answer(call: AttentionCall) -> Tensor:
            nonlocal lengths
            context, reductions, lengths = self._attend(call, audio, wanted)
            if receive is not None:
                receive(call.layer, reductions)
            return context

        hidden = self.run(audio, answer)
        lengths = self._outputs(audio, hidden, lengths)
        return Encoded(without_padding(hidden, lengths), lengths)

    def _attend(
        self, call: AttentionCall, audio: Sequence[np.ndarray], wanted: ReductionRequest
    ) -> tuple[Tensor, list[Reductions], tuple[int, ...]]:
        """The context of all that the model attends to; reductions between the frames of the utterances alone."""
        if not self.family.sees_silence:
            return *attend_with(self.intervention, call, call.layer, wanted), call.lengths
        frames = tuple(map(self.frames, audio))
        return self.attend(call), self._seen_reductions(call, frames, wanted) if wanted.needs else [], frames

    def _seen_reductions(
        self, call: AttentionCall, frames: tuple[int, ...], wanted: ReductionRequest
    ) -> list[Reductions]:
        own = crop_to_utterance(call, frames, self.patch_grid)
        _, reductions = attend_with(self.intervention, own.call, call.layer, wanted)
        return [replace(one, attention_outside=share) for one, share in zip(reductions, own.outside_bh, strict=True)]

    def _seen(self, call: AttentionCall, audio: Sequence[np.ndarray]) -> AttentionCall:
        if not self.family.sees_silence:
            return call
        return crop_to_utterance(call, tuple(map(self.frames, audio)), self.patch_grid).call

    def _outputs(self, audio: Sequence[np.ndarray], hidden_btd: Tensor, frames: tuple[int, ...]) -> tuple[int, ...]:
        """Hidden states of each utterance, where the model need not give one for each frame of its attention."""
        if self.family.num_outputs:
            return tuple(self.family.num_outputs(self.model.config, len(wave)) for wave in audio)
        return (hidden_btd.shape[1],) * len(audio) if self._beside else frames

    @property
    def _beside(self) -> nn.Module | None:
        """What changes the hidden states after the last layer, with attention that is none of a layer."""
        return getattr(self.model, self.family.adapter, None) if self.family.adapter else None

    def plain(self, audio: Sequence[np.ndarray]) -> Tensor:
        """Final hidden states `[B, T, d]` as the model itself computes them, nothing watched or changed."""
        with torch.inference_mode():
            return self._hidden(self.model(**self.inputs(audio)))

    def run(self, audio: Sequence[np.ndarray], answer: AttentionHandler) -> Tensor:
        """Final hidden states `[B, T, d]` with every attention call given to `answer`; raises as `apply` does."""
        with torch.inference_mode():
            return self.apply(self.inputs(audio), answer)

    def apply(self, inputs: Mapping[str, Tensor], answer: AttentionHandler) -> Tensor:
        """Final hidden states `[B, T, d]` of what `inputs` made, every attention call given to `answer`; has gradients.

        Raises:
            InputError: not every layer's attention was reached (the model was changed after it was loaded).
        """
        reached: list[nn.Module] = []
        beside = set(self._beside.modules()) if self._beside else set()

        def counted(call: AttentionCall) -> Tensor:
            if call.module in beside:
                return attend_with(NO_INTERVENTION, call, -1)[0]
            reached.append(call.module)
            layer = len(reached) - 1
            return answer(replace(call, layer=layer, output=self._output(layer, call.output)))

        with self.watch(counted):
            hidden = self._hidden(self.model(**inputs))
        if self.layers and tuple(reached) != self.layers:
            raise InputError(f"{self.name} no longer runs the attention that was watched at load; load it again")
        return hidden

    def attend(self, call: AttentionCall) -> Tensor:
        """Context `[B, T, H, d]` of a call under the interventions in force: the plainest answer."""
        return attend_with(self.intervention, call, call.layer)[0]

    def _output(self, layer: int, given: Tensor | None) -> Tensor | None:
        known = layer < len(self.outputs) and self.outputs[layer]
        return self.model.get_submodule(known).weight if known else given

    def _hidden(self, output: Any) -> Tensor:
        """Final hidden states in time: those of patches averaged over their bands."""
        if not self.family.is_patch_grid:
            return output.last_hidden_state
        return output.last_hidden_state[:, SPECIAL_TOKENS:].unflatten(1, patch_grid_shape(self.model.config)).mean(1)

    def watch(self, answer: AttentionHandler) -> AbstractContextManager[None]:
        """Within the block every attention call of the model is given to `answer`, as the model makes it."""
        if self.family.attention_classes:
            gated = (m for m in self.model.modules() if type(m).__name__ in self.family.attention_classes)
            return capture_functions(gated, answer)
        return handle_attention(answer)

    def inputs(self, audio: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """What the model is given for some waves `[samples]`: features or samples, and a padding mask for several.

        Raises:
            InputError: a wave is too short for one frame.
        """
        for wave in audio:
            self.check_length(wave)
        inputs = features(self.family, self.model.config, self.extractor, audio)
        dtype = next(self.model.parameters()).dtype
        return {
            name: tensor.to(self.device, dtype if tensor.is_floating_point() else None)
            for name, tensor in inputs.items()
        }

    def attention(self, cut: Cut | np.ndarray, layer: int, head: int) -> np.ndarray:
        """One head's attention map on one utterance: `[T, T]`, query by key, rows sum to one.

        Raises:
            InputError: there is no such layer or head.

        Examples:
            >>> from otoscope import load
            >>> load("bundled").attention(np.random.default_rng(0).normal(size=16000), layer=0, head=1).shape
            (50, 50)
        """
        self._check_head(layer, head)
        return self.maps(cut, [layer])[layer][head]

    def maps(self, cut: Cut | np.ndarray, layers: Collection[int] | None = None) -> dict[int, np.ndarray]:
        """Attention maps `[H, T, T]` of one utterance, of some layers or of all."""
        kept: dict[int, np.ndarray] = {}

        def keep(call: AttentionCall) -> None:
            kept[call.layer] = full_maps(self._seen(call, [wave]), self.intervention).cpu().numpy()

        wave = self.wave(cut)
        self._look(wave, layers, keep)
        return kept

    def each_map(
        self,
        cut: Cut | np.ndarray,
        receive: Callable[[int, int, np.ndarray], None],
        layers: Collection[int] | None = None,
    ) -> None:
        """Give `receive` the layer, the head and the map `[T, T]` of each head in turn; one map is held at a time."""

        def give(call: AttentionCall) -> None:
            own = self._seen(call, [wave])
            for head in range(self.n_heads[call.layer]):
                receive(call.layer, head, head_map(own, self.intervention, head))

        wave = self.wave(cut)
        self._look(wave, layers, give)

    def representations(self, cut: Cut | np.ndarray) -> list[np.ndarray]:
        """Hidden states `[T, d]` of one utterance as each layer hands them on, under the interventions in force.

        Examples:
            >>> from otoscope import load
            >>> states = load("bundled").representations(np.random.default_rng(0).normal(size=16000))
            >>> len(states), states[0].shape
            (6, (50, 256))
        """
        wave, states = self.wave(cut), list[Tensor]()
        frames = self.frames(wave)
        inputs: dict[str, Any] = {**self.inputs([wave]), "output_hidden_states": True}
        hook = self.model.register_forward_hook(lambda model, given, output: states.extend(output.hidden_states))
        with hook, torch.inference_mode():
            self.apply(inputs, self.attend)
        of_layers = [state for state in states if state.shape[1] >= frames][-self.n_layers :]
        return [state[0, :frames].float().cpu().numpy() for state in of_layers]

    def grid_maps(self, cut: Cut | np.ndarray, layers: Collection[int] | None = None) -> dict[int, np.ndarray]:
        """Attention maps from patch to patch of one utterance, `[H, bands, T, bands, T]`, of some layers or of all.

        Rows sum to one over the patches of the utterance; `maps` gives them in time alone.

        Raises:
            InputError: the model's frames are no patches in bands and times.
        """
        if (grid := self.patch_grid) is None:
            raise InputError(f"the frames of {self.name} are in time alone; take its maps")
        kept: dict[int, np.ndarray] = {}

        def keep(call: AttentionCall) -> None:
            kept[call.layer] = normalise_rows(patch_map(call, 0, self.frames(wave), grid)).cpu().numpy()

        wave = self.wave(cut)
        self._look(wave, layers, keep)
        return kept

    def _look(self, wave: np.ndarray, layers: Collection[int] | None, look: Callable[[AttentionCall], None]) -> None:
        """Run a wave `[samples]` under the interventions in force, and show the calls of some layers or of all."""

        def answer(call: AttentionCall) -> Tensor:
            if layers is None or call.layer in layers:
                look(call)
            return self.attend(call)

        self.run([wave], answer)

    def wave(self, cut: Cut | np.ndarray) -> np.ndarray:
        """Samples `[samples]` at the model's rate; an array is taken to have it."""
        return cut if isinstance(cut, np.ndarray) else load_audio(cut, self.sampling_rate)

    @contextmanager
    def without_heads(self, heads: Iterable[tuple[int, int]]) -> Iterator["Encoder"]:
        """Within the block the context of these `(layer, head)` is zero, in addition to those removed already.

        This equals removing the heads' columns of the output projection: their value bias goes, the output bias stays.

        Raises:
            InputError: there is no such layer or head.
        """
        heads = frozenset((int(layer), int(head)) for layer, head in heads)
        for layer, head in heads:
            self._check_head(layer, head)
        with self._changed(replace(self.intervention, removed=self.intervention.removed | heads)):
            yield self

    @contextmanager
    def span(self, radius: int, renormalise: bool = True) -> Iterator["Encoder"]:
        """Within the block queries attend to keys at most `radius` frames away; an inner span replaces an outer one.

        `renormalise`: rows sum to one over the keys that stay; otherwise the other weights are cut from the full rows.

        Raises:
            InputError: `radius` is negative or beyond any utterance, or the model's frames are not in time alone.
        """
        if radius < 0:
            raise InputError(f"expected a span of 0 frames or more, got {radius}")
        check_span(radius)
        if self.family.is_patch_grid:
            raise InputError(f"{self.name} attends between patches in bands and times; its span cannot be limited")
        with self._changed(replace(self.intervention, radius=radius, renormalise=renormalise)):
            yield self

    @contextmanager
    def _changed(self, intervention: Intervention) -> Iterator[None]:
        before, self.intervention = self.intervention, intervention
        try:
            yield
        finally:
            self.intervention = before

    def _check_head(self, layer: int, head: int) -> None:
        if not 0 <= layer < self.n_layers:
            raise InputError(f"no layer {layer}: {self.name} has layers 0 to {self.n_layers - 1}")
        if not 0 <= head < self.n_heads[layer]:
            raise InputError(f"no head {head}: layer {layer} of {self.name} has heads 0 to {self.n_heads[layer] - 1}")
