"""The effects of restored heads on a corpus, and of the heads of each layer by the distance from what was changed.

Axes: u utterance, m measure, l layer, h head, t frame, y phone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor

from otoscope.attention.output_changes import Unit
from otoscope.corpus import phones_of
from otoscope.importance.head_grid import HeadGrid
from otoscope.importance.head_statistics import CorpusStatistics
from otoscope.importance.ranking import order
from otoscope.models.encoder import Encoder
from otoscope.models.frame_times import frame_centres
from otoscope.patching.changed_frames import DISTANCES, distance_classes
from otoscope.patching.dataset import group_members, patch_dataset, place_drops
from otoscope.patching.effects import (
    GradientEffects,
    PatchedUtterance,
    clean_contexts,
    exact_losses,
    frame_losses,
    gradient_effects,
)
from otoscope.phones import sort_phones
from otoscope.probing.builtin.phone import classes_in_time
from otoscope.probing.scorer import Scorer
from otoscope.results.categories import CATEGORIES, RANKED, categorise
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Array, Floats, Ints


@dataclass(frozen=True, eq=False)
class CorpusPatching:
    """Utterances with their corrupted forms, and the scorers of their answers."""

    encoder: Encoder
    speech: LoadedSpeech
    utterances: Sequence[PatchedUtterance]
    scorers: Mapping[str, Scorer]

    def dataset(self, strongest: int, clusters: Clusters) -> xr.Dataset:
        """Return the effects of heads and of frames by gradient, and the exact ones of the strongest and of groups."""
        with progress("patching", 2 * self.speech.seconds) as on_progress:
            gradients = [self._gradients(number, on_progress) for number in range(len(self.utterances))]
            category_lh, phones = self._categories(), self._phones()
            groups = self._groups(category_lh)
            drops = self._gradient_drops(gradients, phones)
            drops |= self._exact_drops(gradients, drops, (list(groups.values()), strongest), on_progress)
        clean, corrupted = (np.stack([getattr(each, name) for each in gradients]) for name in ("clean", "corrupted"))
        labels: dict[str, Sequence[Any]] = {"measure": list(self.scorers), "group": list(groups)}
        labels |= {"phone": phones} if phones else {}
        extra: dict[str, Array] = {
            "category": category_lh.astype(object),
            "group_member": group_members(groups.values(), category_lh.shape),
        }
        if self._distances:
            labels["distance"] = DISTANCES
            counts = np.bincount(np.concatenate(self._distances), minlength=len(DISTANCES))
            extra["frame_share"] = counts / counts.sum()
        return patch_dataset((clean, corrupted), drops, extra, labels, clusters)

    def _gradient_drops(self, gradients: Sequence[GradientEffects], phones: Sequence[str]) -> dict[str, Floats]:
        drops = {"effect": np.stack([self._by_head(each) for each in gradients])}
        if phones:
            classes = [self._phone_classes(number, phones) for number in range(len(gradients))]
            drops["phone_effect"] = np.stack(
                [self._by_classes(*pair, len(phones)) for pair in zip(gradients, classes, strict=True)]
            )
        if classes := self._distances:
            by_head = [self._by_classes(*pair, len(DISTANCES)) for pair in zip(gradients, classes, strict=True)]
            with_heads = np.array(self.encoder.n_heads)[:, None] > 0
            drops["frame_effect"] = np.where(with_heads, np.nansum(by_head, axis=3), np.nan)
        return drops

    def _exact_drops(
        self,
        gradients: Sequence[GradientEffects],
        drops: Mapping[str, Floats],
        chosen: tuple[Sequence[Sequence[Unit]], int],
        on_progress: Callable[[float], None],
    ) -> dict[str, Floats]:
        """Return the drops of groups, and of so many heads and frames of the largest effect by gradient, measured."""
        groups, strongest = chosen
        places = {name: _strongest(drops[name], strongest) for name in ("effect", "frame_effect") if name in drops}
        heads, frames = places["effect"], places.get("frame_effect", [])
        units = [*groups, *([head] for head in heads)]
        losses = [self._exact(number, units, frames, on_progress) for number in range(len(gradients))]
        drop = np.stack([each.corrupted for each in gradients])[..., None] - np.stack(losses)
        of_groups, of_heads, of_frames = np.split(drop, [len(groups), len(units)], axis=-1)
        exact = {"group_effect": of_groups, "exact_effect": place_drops(of_heads, heads, drops["effect"].shape)}
        if frames:
            exact["exact_frame_effect"] = place_drops(of_frames, frames, drops["frame_effect"].shape)
        return exact

    def _gradients(self, number: int, on_progress: Callable[[float], None]) -> GradientEffects:
        utterance = self.utterances[number]
        contexts = clean_contexts(self.encoder, utterance.clean)
        on_progress(self.speech.cuts[number].duration)
        return gradient_effects(self.encoder, utterance, contexts, self.scorers)

    def _exact(
        self,
        number: int,
        groups: Sequence[Sequence[Unit]],
        frames: Sequence[tuple[int, int]],
        on_progress: Callable[[float], None],
    ) -> Floats:
        """Return the losses `[m, n]` with each group restored, then with each layer in frames at a distance."""
        utterance = self.utterances[number]
        contexts = clean_contexts(self.encoder, utterance.clean)
        on_progress(self.speech.cuts[number].duration)
        masks = [(layer, self._distances[number] == distance) for layer, distance in frames]
        by_group = exact_losses(self.encoder, utterance, contexts, self.scorers, groups)
        return np.concatenate([by_group, frame_losses(self.encoder, utterance, contexts, self.scorers, masks)], axis=-1)

    def _by_head(self, effects: GradientEffects) -> Floats:
        """Return drops `[m, layer, head]`."""
        every = slice(None)
        return np.stack([self._frames_sum(by_layer, every) for by_layer in effects.drops])

    def _by_classes(self, effects: GradientEffects, class_t: Ints, count: int) -> Floats:
        """Return drops `[m, layer, head, class]` of the frames of each of so many classes."""
        frames = [np.flatnonzero(class_t == number) for number in range(count)]
        by_measure = [[self._frames_sum(by_layer, rows) for rows in frames] for by_layer in effects.drops]
        return np.moveaxis(np.array(by_measure), 1, -1)

    def _frames_sum(self, drop_th: Mapping[int, Tensor], frames: slice | Ints) -> Floats:
        """Return the sum `[layer, head]` over some frames of drops `[T, H]` of each layer."""
        layers = range(self.encoder.n_layers)
        sums = [drop_th[n].numpy()[frames].sum(0) if n in drop_th else np.zeros(0) for n in layers]
        return HeadGrid(self.encoder.n_heads).pad(sums)

    def _phone_classes(self, number: int, phones: Sequence[str]) -> Ints:
        """Return the place among `phones` of the phone at the centre of each frame of an utterance, `[T]`."""
        times = frame_centres(self.encoder, self.encoder.num_frames(self.speech.waves[number]))
        spans = [(phones.index(symbol), start, end) for symbol, start, end in phones_of(self.speech.cuts[number])]
        classes: Ints = classes_in_time(times, spans).numpy()
        return classes

    def _phones(self) -> list[str]:
        """Return the phones of the speech; none for a model whose frames are patches."""
        symbols = {symbol for cut in self.speech.cuts for symbol, _, _ in phones_of(cut)}
        return [] if self.encoder.family.is_patch_grid else sort_phones(sorted(symbols))

    @cached_property
    def _distances(self) -> list[Ints]:
        """Return the place in `DISTANCES` of each frame of each utterance; none where all frames are changed."""
        if self.encoder.family.is_patch_grid:
            return []
        classes = [distance_classes(self.encoder, utterance) for utterance in self.utterances]
        return classes if any(class_t.any() for class_t in classes) else []

    def _categories(self) -> Array:
        statistics = CorpusStatistics(self.encoder, self.speech)
        return categorise(*(statistics.mean(name) for name in RANKED))

    def _groups(self, category_lh: Array) -> dict[str, list[Unit]]:
        """Return the heads of each category and of each layer, as far as there are some, and all heads."""
        heads = HeadGrid(self.encoder.n_heads).heads
        groups = {name: [head for head in heads if category_lh[head] == name] for name in CATEGORIES}
        groups |= {f"layer {n}": [head for head in heads if head[0] == n] for n in range(self.encoder.n_layers)}
        return {name: units for name, units in (groups | {"all": heads}).items() if units}


def _strongest(drop_umlx: Floats, count: int) -> list[tuple[int, int]]:
    """Return the places `[layer, head]`, or of frames, whose effects on all measures are largest."""
    return order(np.abs(drop_umlx.sum(0)).sum(0))[:count]
