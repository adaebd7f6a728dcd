"""From a model and a corpus to its attention sinks, as a run folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet, MonoCut
from numpy.typing import NDArray

from otoscope.analysis.phone_labels import make_labeler
from otoscope.analysis.shards import batches
from otoscope.attention_sinks import SINK_MEASURES
from otoscope.attention_sinks.blocking import CONTROL, INTACT, conditions
from otoscope.attention_sinks.dataset import (
    change_values,
    descriptor_values,
    explained_overall,
    finding_values,
    measure_values,
    sinks_dataset,
)
from otoscope.attention_sinks.findings import Finding, change_finding, findings
from otoscope.attention_sinks.group_sums import Drawn, GroupSums
from otoscope.attention_sinks.observation import observe
from otoscope.attention_sinks.options import SinkOptions
from otoscope.attention_sinks.token_classes import PLACES, Descriptors
from otoscope.corpus import SkippedUtterance, speaker_of
from otoscope.errors import InputError
from otoscope.importance.head_grid import HeadGrid
from otoscope.models.encoder import Encoder
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.intervened_scores import intervened_totals
from otoscope.probing.mlp import Training
from otoscope.probing.probe import check_model, require_unmodified, train_scorers, training_config
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.probing.scorer import Cache, Probe
from otoscope.probing.scores import score_estimate
from otoscope.results import Run
from otoscope.results.intervals import Estimate, difference
from otoscope.runs.cache import RunResult, check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import (
    SpeechSource,
    cut_coordinates,
    make_source,
    read_cuts,
    read_speech,
    resolve_encoder,
    run_attributes,
)
from otoscope.runs.utterance_loader import iter_loadable
from otoscope.statistics.clusters import Clusters, make_clusters

KIND = "sinks"


@dataclass(frozen=True, eq=False)
class SinkJob:
    """A model, the cuts that it runs on, and the probes that are read again without sinks.

    `skipped` receives the utterances that cannot be used.
    """

    encoder: Encoder
    source: SpeechSource
    cuts: Sequence[MonoCut]
    skipped: list[SkippedUtterance]
    probes: Mapping[str, Probe]
    training: Training
    frames: dict[int, int] = field(default_factory=dict)

    def result(self, cache: Cache) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        descriptors = Descriptors(make_labeler(self.encoder, self.cuts, self.source.phones))
        sums = self._sums(descriptors)
        measured = sorted(self.frames)
        cuts = [self.cuts[index] for index in measured]
        clusters = _clusters(self.cuts).select(measured)
        names = list(descriptors.classes)
        values = measure_values(sums, clusters)
        values |= descriptor_values(sums, names, clusters, np.array(self.encoder.n_heads, float))
        decisions = findings(sums, explained_overall(sums, names, clusters, Drawn.SINKS), clusters)
        labels: dict[str, Sequence[Any]] = {"place": PLACES, "descriptor": names, **descriptors.classes}
        if self.probes:
            read = self._changes(cache)
            values |= read.values
            decisions += read.findings
            labels |= {"probe": list(self.probes), "condition": read.conditions}
        values |= finding_values(decisions)
        dataset = sinks_dataset(values, labels | {"claim": [each.claim for each in decisions]}, clusters)
        undefined = [name for name in SINK_MEASURES if name not in sums]
        return self._described(dataset, cuts).assign_attrs(undefined=undefined), self.skipped

    def _described(self, dataset: xr.Dataset, cuts: Sequence[MonoCut]) -> xr.Dataset:
        """Return the Dataset with the coordinates and attributes of every run."""
        frames = [self.frames[index] for index in sorted(self.frames)]
        described = dataset.assign_coords(cut_coordinates(cuts, frames, self.encoder))
        return described.assign_attrs(run_attributes(KIND, self.encoder, self.source))

    def _sums(self, descriptors: Descriptors) -> GroupSums:
        groups = _clusters(self.cuts).groups
        sums = GroupSums(int(groups.max()) + 1, HeadGrid(self.encoder.n_heads), descriptors)
        with progress("measuring sinks", sum(cut.duration for cut in self.cuts)) as on_progress:
            for batch in self._batches():
                waves = dict(iter_loadable(self.encoder, batch, self.skipped, strict=self.source.strict))
                observations = observe(self.encoder, list(waves.values())) if waves else []
                for index, observation in zip(waves, observations, strict=True):
                    self.frames[index] = observation.speech.frames[observation.place]
                    sums.add_utterance(observation, self.cuts[index], int(groups[index]))
                on_progress(sum(cut.duration for _, cut in batch))
        if not self.frames:
            raise InputError(f"expected speech that {self.encoder.name} can process, found none; see its limits")
        return sums

    def _batches(self) -> Iterator[list[tuple[int, MonoCut]]]:
        return batches(list(enumerate(self.cuts)), self.encoder.padded_seconds)

    def _changes(self, cache: Cache) -> "ProbeChanges":
        """Return what probes read in every condition."""
        speech = read_speech(self.source, self.encoder)
        data = collect_hidden_states(self.encoder, speech)
        scorers = train_scorers(self.probes, data, self.training, cache)
        heads = HeadGrid(self.encoder.n_heads).heads
        by_condition = conditions(heads, self.encoder.family.sees_silence)
        sums = []
        with progress("reading without sinks", len(by_condition) * speech.seconds) as on_progress:
            for changes in by_condition.values():
                with self.encoder.intervene(*changes):
                    sums.append(intervened_totals(self.probes, scorers, data, on_progress))
        scores = {
            name: score_estimate(np.stack([each[name] for each in sums]), scorer.count, speech.clusters)
            for name, scorer in scorers.items()
        }
        return ProbeChanges(self.probes, list(by_condition), scores)


@dataclass(frozen=True, eq=False)
class ProbeChanges:
    """Scores of probes, `[condition]` each; the first condition is the intact model."""

    probes: Mapping[str, Probe]
    conditions: Sequence[str]
    scores: Mapping[str, Estimate]

    @property
    def values(self) -> dict[str, NDArray[Any]]:
        """The variables of a run."""
        changes = {
            name: difference(score, _repeated(score, len(self.conditions))) for name, score in self.scores.items()
        }
        metric: NDArray[Any] = np.array([probe.metric for probe in self.probes.values()], object)
        return change_values(self.scores, changes) | {"metric": metric}

    @property
    def findings(self) -> list[Finding]:
        """Whether each probe stays as it is in each condition."""
        return [
            change_finding(name, condition, difference(score.select(place), score.select(0)))
            for name, score in self.scores.items()
            if self.probes[name].trained or self.probes[name].runs_model
            for place, condition in enumerate(self.conditions)
            if condition not in (INTACT, CONTROL)
        ]


def _repeated(score: Estimate, count: int) -> Estimate:
    """Return the first value of an estimate so many times."""
    every = {source: array[..., :1].repeat(count, -1) for source, array in score.replicates.items()}
    return Estimate(score.value[:1].repeat(count), every)


def _clusters(cuts: Sequence[MonoCut]) -> Clusters:
    return make_clusters([speaker_of(cut) for cut in cuts], [cut.id for cut in cuts])


def sinks(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    probing: SinkOptions | None = None,
    options: SpeechOptions | None = None,
) -> Run:
    """Measure which frames draw most of the attention, what they carry, and what probes read without them.

    A sink is a token that draws more than ten times uniform attention of the frames of an utterance. The model runs
    once on each utterance, and the memory does not grow with the corpus. With probes, the model also runs under each
    intervention: sinks removed, sinks emptied, the silence after the utterance removed (for models that attend to it),
    and as many other frames removed as there are sinks.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        probing: the probes; none by default.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: measures of sinks of each head with intervals, where sinks are, what predicts them, the
        scores of probes without them, and findings with verdicts.

    Raises:
        InputError: a probe lacks labels or a part of the model, or an error of `probe`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = sinks("bundled", "bundled", f"{folder}/run", options=SpeechOptions(limit=2))
        ...     run.dataset["sink_share"].dims, run.dataset["place"].values.tolist()[:3]
        (('layer', 'head'), ['start', 'end', 'silence'])
    """
    probing, options = probing or SinkOptions(), options or SpeechOptions()
    probes = select_probes(probing.probes) if probing.probes else {}
    source, training = make_source(corpus, options), training_config(probing.seeds)
    settings: dict[str, Any] = {"probes": list(probes), "training": asdict(training)}
    check_out(out, model, source, resume=options.resume, **settings)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_model(probes, encoder)
    cuts, skipped = read_cuts(source)
    for each in probes.values():
        each.check_cuts(cuts)
    plan = make_plan(encoder, cuts, source.name, (), source.options) | settings
    job = SinkJob(encoder, source, cuts, skipped, probes, training)
    return resume_or_run(out, plan, lambda _: job.result(open_cache(probing.cache)), resume=options.resume)
