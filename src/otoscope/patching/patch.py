"""From a model, a corpus and a corruption to the effect of restoring each head, as a run folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet
from torch import Tensor

from otoscope.attention.output_changes import Unit
from otoscope.corpus import phones_of
from otoscope.errors import InputError
from otoscope.importance.decoder_context import load_decoder_part
from otoscope.importance.head_grid import HeadGrid
from otoscope.importance.head_statistics import CorpusStatistics
from otoscope.importance.options import ENCODER
from otoscope.importance.ranking import order
from otoscope.models.encoder import Encoder
from otoscope.models.frame_times import frame_centres
from otoscope.patching.corruptions import Corruption, parse_corruption
from otoscope.patching.dataset import group_members, patch_dataset, place_drops
from otoscope.patching.decoder_patch import decoder_patching
from otoscope.patching.effects import (
    GradientEffects,
    PatchedUtterance,
    clean_contexts,
    exact_losses,
    gradient_effects,
)
from otoscope.patching.options import PatchOptions
from otoscope.phones import sort_phones
from otoscope.probing import select_probes
from otoscope.probing.builtin.phone import classes_in_time
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe import check_cuts, check_model, require_unmodified, train_scorers, training_config
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.scorer import Cache, Probe, Scorer
from otoscope.results import Run
from otoscope.results.categories import CATEGORIES, RANKED, categorise
from otoscope.runs.cache import RunResult, check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Array, Floats, Ints

KIND = "patching"


@dataclass(frozen=True, eq=False)
class PatchJob:
    """A model, the speech it runs on, the corruption, and the probes that measure answers."""

    encoder: Encoder
    source: SpeechSource
    speech: LoadedSpeech
    corruption: Corruption
    probes: Mapping[str, Probe]
    training: Training
    strongest: int

    def result(self, cache: Cache) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        data = collect_hidden_states(self.encoder, self.speech)
        scorers = train_scorers(self.probes, data, self.training, cache)
        utterances = self._utterances(data, scorers)
        used = [each.index for each in utterances]
        speech = LoadedSpeech(
            [self.speech.cuts[i] for i in used],
            [self.speech.waves[i] for i in used],
            self.speech.skipped,
            self.speech.phones,
        )
        patching = Patching(self.encoder, speech, utterances, scorers)
        dataset = patching.dataset(self.strongest, speech.clusters)
        described = add_coordinates(dataset, KIND, self.encoder, self.source, speech)
        return described.assign_attrs(corruption=self.corruption.text), self.speech.skipped

    def _utterances(self, data: ProbeData, scorers: Mapping[str, Scorer]) -> list[PatchedUtterance]:
        """Return the utterances that can be corrupted and that every probe scores.

        Raises:
            InputError: there is none.
        """
        counts = np.stack([scorer.count for scorer in scorers.values()]).min(0)
        rate, utterances = self.encoder.sampling_rate, []
        for index, wave in enumerate(self.speech.waves):
            corrupted = self.corruption.corrupt(self.speech, index, rate) if counts[index] else None
            if corrupted is not None:
                utterances.append(PatchedUtterance(index, wave, corrupted, data.hidden[index]))
        if not utterances:
            raise InputError(
                f"expected an utterance that --corrupt {self.corruption.text} changes, found none of "
                f"{len(self.speech.cuts)}; choose another corruption or add speech"
            )
        return utterances


@dataclass(frozen=True, eq=False)
class Patching:
    """Utterances with their corrupted forms, and the scorers of their answers."""

    encoder: Encoder
    speech: LoadedSpeech
    utterances: Sequence[PatchedUtterance]
    scorers: Mapping[str, Scorer]

    def dataset(self, strongest: int, clusters: Clusters) -> xr.Dataset:
        """Return the effects of all heads by gradient, and the exact ones of the strongest heads and of groups."""
        with progress("patching", 2 * self.speech.seconds) as on_progress:
            gradients = [self._gradients(number, on_progress) for number in range(len(self.utterances))]
            heads = np.stack([self._by_head(each) for each in gradients])
            chosen = order(np.abs(heads.sum(0)).sum(0))[:strongest]
            category_lh = self._categories()
            groups = self._groups(category_lh)
            units = [[head] for head in chosen] + list(groups.values())
            exact = np.stack([self._exact(number, units, on_progress) for number in range(len(self.utterances))])
        clean, corrupted = (np.stack([getattr(each, name) for each in gradients]) for name in ("clean", "corrupted"))
        drop = corrupted[..., None] - exact
        drops = {"effect": heads, "group_effect": drop[..., len(chosen) :]}
        drops["exact_effect"] = place_drops(drop[..., : len(chosen)], chosen, heads.shape)
        labels: dict[str, Sequence[Any]] = {"measure": list(self.scorers), "group": list(groups)}
        if phones := self._phones():
            drops["phone_effect"] = np.stack([self._by_phone(n, each, phones) for n, each in enumerate(gradients)])
            labels["phone"] = phones
        extra = {
            "category": category_lh.astype(object),
            "group_member": group_members(groups.values(), category_lh.shape),
        }
        return patch_dataset((clean, corrupted), drops, extra, labels, clusters)

    def _gradients(self, number: int, on_progress: Callable[[float], None]) -> GradientEffects:
        utterance = self.utterances[number]
        contexts = clean_contexts(self.encoder, utterance.clean)
        on_progress(self.speech.cuts[number].duration)
        return gradient_effects(self.encoder, utterance, contexts, self.scorers)

    def _exact(self, number: int, groups: Sequence[Sequence[Unit]], on_progress: Callable[[float], None]) -> Floats:
        utterance = self.utterances[number]
        contexts = clean_contexts(self.encoder, utterance.clean)
        on_progress(self.speech.cuts[number].duration)
        return exact_losses(self.encoder, utterance, contexts, self.scorers, groups)

    def _by_head(self, effects: GradientEffects) -> Floats:
        """Return drops `[m, layer, head]`."""
        every = slice(None)
        return np.stack([self._frames_sum(by_layer, every) for by_layer in effects.drops])

    def _by_phone(self, number: int, effects: GradientEffects, phones: Sequence[str]) -> Floats:
        """Return drops `[m, layer, head, phone]` of the frames whose centre is in each phone."""
        class_t = self._phone_classes(number, phones)
        frames = [np.flatnonzero(class_t == phone) for phone in range(len(phones))]
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

    def _categories(self) -> Array:
        statistics = CorpusStatistics(self.encoder, self.speech)
        return categorise(*(statistics.mean(name) for name in RANKED))

    def _groups(self, category_lh: Array) -> dict[str, list[Unit]]:
        """Return the heads of each category and of each layer, as far as there are some, and all heads."""
        heads = HeadGrid(self.encoder.n_heads).heads
        groups = {name: [head for head in heads if category_lh[head] == name] for name in CATEGORIES}
        groups |= {f"layer {n}": [head for head in heads if head[0] == n] for n in range(self.encoder.n_layers)}
        return {name: units for name, units in (groups | {"all": heads}).items() if units}


def patch(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    patching: PatchOptions,
    options: SpeechOptions | None = None,
) -> Run:
    """Corrupt utterances, restore the clean contexts of heads, and measure how much of the damage that undoes.

    All heads are measured by gradient, from one run of the clean and one of the corrupted utterance (attribution
    patching). The strongest heads, the heads of each category and those of each layer are restored exactly.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        patching: the corruption, the probes that measure answers, and the number of heads to patch exactly.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: effects of heads, heads and phones, categories and layers, with intervals.

    Raises:
        InputError: an unknown corruption or one that changes no utterance, missing labels, or an error of `probe`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> noisy = PatchOptions(probes=("hidden-error",), corrupt="noise:0", strongest=1)
        >>> with TemporaryDirectory() as folder:
        ...     run = patch("bundled", "bundled", f"{folder}/run", patching=noisy, options=SpeechOptions(limit=2))
        ...     run.dataset["group"].values[:3].tolist(), run.dataset["effect"].dims
        (['diagonal', 'vertical', 'global'], ('measure', 'layer', 'head'))
    """
    corruption, probes = parse_corruption(patching.corrupt), select_probes(patching.probes)
    training, options = training_config(patching.seeds), options or SpeechOptions()
    if patching.strongest < 0:
        raise InputError(f"expected --strongest of 0 heads or more, found {patching.strongest}; pass a larger number")
    source = make_source(corpus, options)
    settings: dict[str, Any] = {"probes": list(probes), "training": asdict(training)}
    settings |= {"corrupt": corruption.text, "strongest": patching.strongest, **patching.part_settings}
    check_out(out, model, source, resume=options.resume, **settings)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    if patching.part != ENCODER:
        return _patch_decoder(encoder, source, out, patching, settings, options.resume)
    check_model(probes, encoder)
    speech = read_speech(source, encoder)
    check_cuts(probes, speech)
    corruption.check_cuts(speech.cuts)
    plan = make_plan(encoder, list(speech.cuts), source.name, (), source.options) | settings
    job = PatchJob(encoder, source, speech, corruption, probes, training, patching.strongest)
    return resume_or_run(out, plan, lambda _: job.result(open_cache(patching.cache)), resume=options.resume)


def _patch_decoder(
    encoder: Encoder,
    source: SpeechSource,
    out: str | Path,
    patching: PatchOptions,
    settings: dict[str, Any],
    resume: bool,
) -> Run:
    """Measure how much of the damage to the text restored heads of the decoder undo."""
    decoder, corruption = load_decoder_part(encoder, patching.part), parse_corruption(patching.corrupt)
    speech = read_speech(source, encoder)
    corruption.check_cuts(speech.cuts)
    plan = make_plan(encoder, list(speech.cuts), source.name, (), source.options) | settings
    plan |= {"decoder": decoder.transcriber.fingerprint}

    def make(_: Path) -> RunResult:
        patched = decoder_patching(decoder, speech, corruption)
        dataset, counts = patched.dataset(patching.strongest), decoder.units.counts
        described = add_coordinates(dataset, KIND, encoder, source, patched.speech, counts=counts)
        return described.assign_attrs(corruption=corruption.text, part=patching.part), speech.skipped

    return resume_or_run(out, plan, make, resume=resume)
