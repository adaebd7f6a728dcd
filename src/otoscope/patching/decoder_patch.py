"""Restore heads of a decoder: its text is the same on the clean and the corrupted audio, so contexts correspond.

The loss is that of the text of the corpus. The drop of a head by gradient is `-<dL/dc, c_clean - c>` at the corrupted
utterance, summed over the tokens (attribution patching, as for encoders).

Axes: b utterance, q row, l layer, h head, d feature, g group of heads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from otoscope.corpus.transcript import text_of
from otoscope.decoders.attention_modules import DecoderLayer
from otoscope.decoders.attention_record import Head
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.text_loss import SpokenText, spell_text, spoken_texts, text_loss
from otoscope.decoders.units import DecoderPart
from otoscope.errors import InputError
from otoscope.importance.head_grid import HeadGrid
from otoscope.importance.ranking import order
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.patching.corruptions import Corruption
from otoscope.patching.dataset import group_members, patch_dataset, place_drops
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats

MEASURE = "text"
Contexts = Mapping[int, Tensor]
"""Contexts `[b, q, h, d]` of each layer."""


@dataclass(frozen=True, eq=False)
class SpokenPair:
    """An utterance with its text, clean and corrupted."""

    clean: SpokenText
    corrupted: SpokenText


@dataclass(frozen=True, eq=False)
class DecoderPatching:
    """A decoder, the utterances with texts that the corruption changes, and the speech of these."""

    decoder: DecoderPart
    speech: LoadedSpeech
    pairs: Sequence[SpokenPair]

    def dataset(self, strongest: int) -> xr.Dataset:
        """Return the effects of all heads by gradient, and the exact ones of the strongest heads and of groups."""
        with progress("patching", 2 * self.speech.seconds) as on_progress:
            by_gradient = [self._gradients(pair, on_progress) for pair in self.pairs]
            heads = np.stack([drop_lh for _, drop_lh in by_gradient])[:, None]
            chosen = order(np.abs(heads.sum(0)).sum(0))[:strongest]
            units = [[head] for head in chosen] + list(self._groups.values())
            exact = np.stack([self._exact(pair, units, on_progress) for pair in self.pairs])[:, None]
        losses = np.stack([loss for loss, _ in by_gradient])
        clean, corrupted = losses[:, :1], losses[:, 1:]
        drop = corrupted[..., None] - exact
        drops = {"effect": heads, "group_effect": drop[..., len(chosen) :]}
        drops["exact_effect"] = place_drops(drop[..., : len(chosen)], chosen, heads.shape)
        labels = {"measure": [MEASURE], "group": list(self._groups)}
        shape = heads.shape[2:]
        extra = {"category": np.full(shape, "", object), "group_member": group_members(self._groups.values(), shape)}
        return patch_dataset((clean, corrupted), drops, extra, labels, self.speech.clusters)

    @cached_property
    def _groups(self) -> dict[str, list[Head]]:
        """Return the heads of each layer, those of each index in all layers, and all heads."""
        heads = HeadGrid(self.decoder.units.layers).heads
        layers, indices = sorted({head[0] for head in heads}), sorted({head[1] for head in heads})
        groups = {f"layer {number}": [head for head in heads if head[0] == number] for number in layers}
        groups |= {f"index {number}": [head for head in heads if head[1] == number] for number in indices}
        return groups | {"all": heads}

    def _is_part(self, place: DecoderLayer) -> bool:
        return place.kind is self.decoder.units.kind

    def _clean_contexts(self, pair: SpokenPair) -> tuple[float, Contexts]:
        """Return the loss and the contexts on the clean audio."""
        contexts: dict[int, Tensor] = {}

        def read(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
            if self._is_part(place):
                contexts[place.layer] = context_bqhd.clone()
            return context_bqhd

        with changed_contexts(self.decoder.transcriber, read), torch.no_grad():
            loss = float(text_loss(self.decoder.transcriber, pair.clean))
        return loss, contexts

    def _gradients(self, pair: SpokenPair, on_progress: Callable[[float], None]) -> tuple[Floats, Floats]:
        """Return the losses of the clean and the corrupted audio, and the drop `[l, h]` of each head by gradient."""
        clean_loss, clean = self._clean_contexts(pair)
        own: dict[int, Tensor] = {}

        def read(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
            if not self._is_part(place):
                return context_bqhd
            own[place.layer] = context_bqhd if context_bqhd.requires_grad else context_bqhd.requires_grad_()
            return own[place.layer]

        with changed_contexts(self.decoder.transcriber, read), torch.enable_grad():
            loss = text_loss(self.decoder.transcriber, pair.corrupted)
        layers = sorted(own)
        slopes = torch.autograd.grad(loss, [own[layer] for layer in layers])
        drops = [
            -(slope * (clean[layer] - own[layer].detach())).sum((0, 1, 3)).double().cpu().numpy()
            for layer, slope in zip(layers, slopes, strict=True)
        ]
        on_progress(len(pair.clean.wave) / SAMPLING_RATE)
        return np.array([clean_loss, loss.item()]), HeadGrid(self.decoder.units.layers).pad(drops)

    def _exact(
        self, pair: SpokenPair, groups: Sequence[Sequence[Head]], on_progress: Callable[[float], None]
    ) -> Floats:
        """Return the loss `[g]` of the corrupted audio with the contexts of each group of heads restored."""
        _, clean = self._clean_contexts(pair)
        losses = [self._restored_loss(pair, clean, heads) for heads in groups]
        on_progress(len(pair.clean.wave) / SAMPLING_RATE)
        return np.array(losses)

    def _restored_loss(self, pair: SpokenPair, clean: Contexts, heads: Sequence[Head]) -> float:
        def restore(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
            indices = [head for layer, head in heads if layer == place.layer and self._is_part(place)]
            changed = context_bqhd.clone()
            changed[:, :, indices] = clean[place.layer][:, :, indices] if indices else changed[:, :, indices]
            return changed

        with changed_contexts(self.decoder.transcriber, restore), torch.no_grad():
            return float(text_loss(self.decoder.transcriber, pair.corrupted))


def decoder_patching(decoder: DecoderPart, speech: LoadedSpeech, corruption: Corruption) -> DecoderPatching:
    """Return the utterances that have a text and that the corruption changes, encoded both ways.

    Raises:
        InputError: there is none.
    """
    corrupted: dict[int, Any] = {}
    texts = {index: text for index, cut in enumerate(speech.cuts) if (text := text_of(cut))}
    for index in texts:
        if (wave := corruption.corrupt(speech, index, SAMPLING_RATE)) is not None:
            corrupted[index] = wave
    if not corrupted:
        raise InputError(
            f"expected an utterance with a text that --corrupt {corruption.text} changes, found none of "
            f"{len(speech.cuts)}; add files .txt or choose another corruption"
        )
    clean = [speech.waves[index] for index in corrupted]
    tokens = [spell_text(decoder.transcriber, texts[index]) for index in corrupted]
    sides = [spoken_texts(decoder.transcriber, waves, tokens) for waves in (clean, list(corrupted.values()))]
    used = LoadedSpeech([speech.cuts[index] for index in corrupted], clean, speech.skipped, speech.phones)
    return DecoderPatching(decoder, used, [SpokenPair(*pair) for pair in zip(*sides, strict=True)])
