"""From a model and a corpus to what each of its layers holds, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lhotse import CutSet
from torch import Tensor

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint
from otoscope.models.frame_times import frame_centres
from otoscope.models.load import load, model_name
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.models.mockingjay.feature_extraction import HOP
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.classifier import Classifier
from otoscope.probing.mlp import Training
from otoscope.probing.probe import check_cuts, require_unmodified, training_config
from otoscope.probing.probe_data import ProbeData, content_of
from otoscope.probing.random_baseline import check_untrained, untrained
from otoscope.probing.scorer import Cache, Probe, Scorer
from otoscope.probing.scores import totals
from otoscope.representations.dataset import (
    READERS,
    category_values,
    layer_dataset,
    probe_values,
    similarity_values,
)
from otoscope.representations.options import LayerOptions
from otoscope.representations.shuffled_labels import shuffled_scorer
from otoscope.representations.similarity import align_in_time, pairwise_hsic
from otoscope.representations.state_files import temporary_states
from otoscope.representations.states import CorpusStates, bytes_of_states, check_states, collect_states
from otoscope.results import Run
from otoscope.results.categories import CATEGORIES, RANKED
from otoscope.runs.cache import RunResult, check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan, model_path
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.statistics import available_statistics
from otoscope.statistics.clusters import Clusters
from otoscope.typing import AnyFloats, Floats

KIND = "layers"
LOG_MEL = "log-mel"


@dataclass(frozen=True, eq=False)
class LayerJob:
    """A model, the speech it runs on, the probes of its layers, and another model to compare with, or None."""

    encoder: Encoder
    source: SpeechSource
    speech: LoadedSpeech
    probes: Mapping[str, Probe]
    training: Training
    cache: Cache
    other: Encoder | None

    @cached_property
    def _content(self) -> str:
        """What decides the states: weights and speech, which are read for it."""
        return content_of(self.encoder, self.speech)

    @cached_property
    def _log_mel_extractor(self) -> MockingjayFeatureExtractor:
        return MockingjayFeatureExtractor(sampling_rate=self.encoder.sampling_rate)

    def result(self, folder: Path) -> RunResult:
        """Return the Dataset of the run and the skipped utterances; states are in the run folder until then.

        Raises:
            InputError: the disk is too small for them.
        """
        encoders = [self.encoder] * (2 if self.probes else 1) + ([self.other] if self.other else [])
        needed = sum(bytes_of_states(encoder, self.speech) for encoder in encoders)
        with temporary_states(folder, needed) as states:
            return self._result(states)

    def _result(self, folder: Path) -> RunResult:
        clusters, states = self.speech.clusters, self._states(self.encoder, "reading layers", folder / "own")
        names, hsic_urr = self._similarity(states, folder / "other")
        rows = {name: np.stack([each[name] for each in states.statistics]) for name in RANKED}
        values = similarity_values(hsic_urr, clusters) | category_values(rows, clusters)
        depths = len(states.depths)
        if self.probes:
            control = self._states(untrained(self.encoder), "reading untrained layers", folder / "untrained")
            values |= self._probe_values(states, control, clusters)
        labels: dict[str, Sequence[Any]] = {"representation": names, "other": names, "category_name": CATEGORIES}
        labels |= {"probe": list(self.probes), "depth": range(depths), "reader": READERS} if self.probes else {}
        dataset = layer_dataset(values, labels, clusters)
        return add_coordinates(dataset, KIND, self.encoder, self.source, self.speech), self.speech.skipped

    def _states(self, encoder: Encoder, what: str, folder: Path) -> CorpusStates:
        measured = {name: available_statistics()[name] for name in RANKED} if encoder is self.encoder else {}
        with progress(what, self.speech.seconds) as on_progress:
            return collect_states(encoder, self.speech, measured, folder, on_progress)

    def _probe_values(self, states: CorpusStates, control: CorpusStates, clusters: Clusters) -> dict[str, Any]:
        by_depth, scorers = [], dict[str, Scorer]()
        for depth in range(len(states.depths)):
            scorers, read = self._read(depth, states, control)
            by_depth.append(read)
        sums = {name: np.stack([read[name] for read in by_depth]) for name in self.probes}
        return probe_values(self.probes, scorers, sums, clusters)

    def _read(
        self, depth: int, states: CorpusStates, control: CorpusStates
    ) -> tuple[dict[str, Scorer], dict[str, Floats]]:
        """Return the scorers of the probes at a depth, and their sums `[reader, seed, utterance]`."""
        own, random = (self._data(each, depth, what) for each, what in ((states, ""), (control, "untrained ")))
        scorers = {name: probe.scorer(own, self.training, self.cache) for name, probe in self.probes.items()}
        controls = {name: probe.scorer(random, self.training, self.cache) for name, probe in self.probes.items()}
        shuffled = {name: self._shuffled(scorer, own) for name, scorer in scorers.items()}
        pairs = ((scorers, own), (controls, random), (shuffled, own))
        read = [totals(readers, enumerate(data.hidden)) for readers, data in pairs]
        read.append({name: scorer.majority for name, scorer in scorers.items()})
        return scorers, {name: np.stack([each[name] for each in read]) for name in scorers}

    def _shuffled(self, scorer: Scorer, data: ProbeData) -> Scorer:
        if not isinstance(scorer, Classifier):
            raise InputError("expected a probe of classes at every layer, found another; omit it from --probes")
        return shuffled_scorer(scorer.task, data, self.training, self.cache)

    def _data(self, states: CorpusStates, depth: int, what: str) -> ProbeData:
        content = f"{self._content} {what}depth {depth}"
        return ProbeData(self.encoder, self.speech, states.depths[depth], content)

    def _similarity(self, states: CorpusStates, folder: Path) -> tuple[list[str], AnyFloats]:
        """Return the names of all representations, and HSIC `[utterance, r, r]` of each two."""
        others = None if self.other is None else collect_states(self.other, self.speech, {}, folder)
        names = [*map(str, range(len(states.depths))), LOG_MEL]
        names += [f"against {depth}" for depth in range(len(others.depths))] if others else []
        hsic = [self._utterance_hsic(index, states, others) for index in range(len(self.speech.waves))]
        return names, np.stack(hsic)

    def _utterance_hsic(self, index: int, states: CorpusStates, others: CorpusStates | None) -> AnyFloats:
        own = states.utterance(index)
        wave, times = self.speech.waves[index], frame_centres(self.encoder, len(own[0]))
        representations = [*own, _log_mel(wave, self._log_mel_extractor, times, self.encoder.frame_period)]
        if self.other is not None and others is not None:
            aligned = others.utterance(index)
            centres = frame_centres(self.other, len(aligned[0]))
            representations += [align_in_time(state, centres, times) for state in aligned]
        return pairwise_hsic(representations)


def _log_mel(wave: np.ndarray, extractor: MockingjayFeatureExtractor, times: AnyFloats, period: float) -> Tensor:
    """Return log-mel frames `[T, bands]` at some times, means of those in a `period` (s) around each."""
    frames_tm, hop = extractor.log_mel(wave), HOP / extractor.sampling_rate
    step = max(1, round(period / hop)) if len(times) > 1 else 1
    middle = np.clip(np.round(times / hop).astype(int), 0, len(frames_tm) - 1)
    around = np.clip(middle[:, None] + np.arange(step) - step // 2, 0, len(frames_tm) - 1)
    return frames_tm[torch.from_numpy(around)].mean(1)


def layers(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    reading: LayerOptions,
    options: SpeechOptions | None = None,
) -> Run:
    """Measure what each layer of a model holds: probes with controls, similarity, and the categories of its heads.

    The model runs once on each utterance, for all layers. Its states are on disk, in the run folder, while probes are
    trained: memory does not grow with them. Probes are those of `probe`, trained at every depth (0 is the
    input of the first layer), with three controls: a model with random weights, shuffled labels (the difference is the
    *selectivity*, after Hewitt and Liang 2019), and the commonest class.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        reading: probes, number of seeds, folder of trained networks, and another model to compare with.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: scores and selectivity by depth, linear CKA of each two representations, and the share of each
        category of heads in each layer, with intervals.

    Raises:
        InputError: a probe that is not trained, missing labels or speakers, a wrapped module, or an error of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> few, none = SpeechOptions(limit=2), LayerOptions(probes=())
        >>> with TemporaryDirectory() as folder:
        ...     run = layers("bundled", "bundled", f"{folder}/run", reading=none, options=few)
        ...     run.dataset["cka"].sel(representation="6", other="6").item(), run.dataset.sizes["representation"]
        (1.0, 8)
    """
    probes, training = _trained_probes(reading), training_config(reading.seeds)
    options = options or SpeechOptions()
    against = None if reading.against is None else model_path(model_name(reading.against))
    source = make_source(corpus, options)
    settings = {"probes": list(probes), "training": asdict(training), "against": against}
    check_out(out, model, source, resume=options.resume, **settings)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_states(encoder)
    check_untrained(encoder)
    other = None if reading.against is None else _other_model(reading.against, options, encoder)
    speech = read_speech(source, encoder)
    check_cuts(probes, speech)
    fingerprint = {} if other is None else {"against_fingerprint": model_fingerprint(other)}
    plan = make_plan(encoder, speech.cuts, source.name, (), source.options) | settings | fingerprint
    job = LayerJob(encoder, source, speech, probes, training, open_cache(reading.cache), other)
    return resume_or_run(out, plan, job.result, resume=options.resume)


def _trained_probes(reading: LayerOptions) -> dict[str, Probe]:
    """Return the probes. Raise InputError for one that is not trained."""
    probes = select_probes(reading.probes) if reading.probes else {}
    for name, probe in probes.items():
        if not probe.trained:
            raise InputError(f"expected trained probes in --probes, found {name}, which reads the final layer only")
    return probes


def _other_model(name: str, options: SpeechOptions, encoder: Encoder) -> Encoder:
    other = load(name, device=options.device, dtype=options.dtype, recheck=options.recheck)
    check_states(other)
    if other.sampling_rate != encoder.sampling_rate:
        raise InputError(
            f"expected --against with audio at {encoder.sampling_rate} Hz, found {other.sampling_rate} Hz; choose a "
            "model of the same rate"
        )
    return other
