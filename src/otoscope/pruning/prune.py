"""From rankings to curves: what probes still read from a model as its heads are removed, as a run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet

from otoscope.attention.ablation_kinds import AblationKind, check_kinds
from otoscope.attention.interventions import Intervention
from otoscope.errors import InputError
from otoscope.importance.options import ENCODER
from otoscope.importance.previous_run import scores_from_run
from otoscope.importance.rank import RankJob, check_ranking_loss, make_budget, make_job, part_settings
from otoscope.importance.ranking import RankingScores, get_rankings, order
from otoscope.importance.ranking_context import RankingContext
from otoscope.models.encoder import Encoder
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.options import ProbingOptions
from otoscope.probing.probe import check_cuts, check_model, require_unmodified, training_config
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.probing.probe_reader import ProbeReader
from otoscope.probing.scorer import Cache, Probe, Scorer
from otoscope.pruning.dataset import curve_dataset
from otoscope.pruning.decoder_pruning import DecoderPruning
from otoscope.pruning.encoder_pruning import Pruning
from otoscope.pruning.options import ScheduleOptions
from otoscope.pruning.schedule import PruningSchedule, check_steps, make_schedule
from otoscope.results import Run, open_run
from otoscope.runs.cache import RunResult, check_out
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.part_map import Items, PartMap
from otoscope.runs.shared_run import make_place, run_parts
from otoscope.runs.speech_source import SpeechSource, make_source, resolve_encoder
from otoscope.typing import Floats

KIND = "curves"


@dataclass(frozen=True, eq=False)
class PruneJob:
    """Rankings that a job computes or that an earlier run stores, the schedule, and the probes."""

    ranking_job: RankJob
    previous_rankings: Mapping[str, RankingScores]
    probes: Mapping[str, Probe]
    training: Training
    schedule: ScheduleOptions
    cache: Cache

    @property
    def encoder(self) -> Encoder:
        """Return the model."""
        return self.context.encoder

    @property
    def context(self) -> RankingContext:
        """Return what the rankings read."""
        return self.ranking_job.context

    @cached_property
    def reader(self) -> ProbeReader:
        """Return the probes, and the hidden states of the intact model that they are trained on."""
        data = collect_hidden_states(self.encoder, self.context.speech)
        return ProbeReader(self.probes, data, self.training, self.cache)

    @cached_property
    def scorers(self) -> dict[str, Scorer]:
        """Return the trained probes."""
        return self.reader.scorers([])

    @cached_property
    def plan(self) -> dict[str, Any]:
        """Return all that decides the curves."""
        return self.ranking_job.plan | {
            "previous_rankings": {label: order(scores.values) for label, scores in self.previous_rankings.items()},
            **plan_settings(self.probes, self.training, self.schedule),
        }

    def measure(self, parts: PartMap) -> "PrunedSums":
        """Return the sums of all probes after every intervention; the run stores those of each intervention.

        Rankings and nets, which all interventions need, are computed by every task of a cluster.

        Raises:
            UnfinishedError: interventions of other tasks are missing.
        """
        rankings = self.previous_rankings or self.ranking_job.measure(parts.whole)
        nets = range(len(self.reader.nets))
        seconds = self.context.speech.seconds
        parts.whole.map(_train, Items("nets", "training probes", nets, [seconds] * len(nets)))
        scores, options = [each.values for each in rankings.values()], self.schedule
        spans = options.spans if options.part == ENCODER else ()
        schedule = make_schedule(scores, options.step, spans, check_kinds(options.ablation))
        changes = list(zip(schedule.interventions, schedule.kinds, strict=True))
        items = Items("interventions", "removing heads", changes, [seconds] * len(changes))
        sums = parts.map(_intervention_sums, items)
        return PrunedSums(rankings, schedule, {name: np.stack([part[name] for part in sums]) for name in self.probes})

    def finish(self, parts: PartMap) -> RunResult:
        """Return the Dataset of the curves of all probes over every intervention, and the skipped utterances."""
        pruned = self.measure(parts)
        clusters = self.context.speech.clusters
        dataset = curve_dataset(pruned.schedule, pruned.rankings, self.probes, self.scorers, pruned.sums, clusters)
        return self.ranking_job.to_run_result(dataset, KIND)

    @cached_property
    def pruning(self) -> "Pruning | DecoderPruning":
        """Return what removes heads of the encoder, or of a part of the decoder."""
        if self.context.decoder:
            return DecoderPruning(self.reader.data, self.context.decoder)
        is_retrained = self.schedule.probe_training == "retrained"
        return Pruning(self.reader.data, self.context.budget.positions, self.probes, is_retrained, self.training)


@dataclass(frozen=True, eq=False)
class PrunedSums:
    """The rankings and the schedule of a pruning, and sums `[intervention, seed, utterance]` of each probe."""

    rankings: Mapping[str, RankingScores]
    schedule: PruningSchedule
    sums: Mapping[str, Floats]


def _train(job: PruneJob, number: int, on_progress: OnProgress) -> dict[str, Any]:
    """Return the weights of a net of the probes."""
    weights = job.reader.train(number)
    on_progress(job.context.speech.seconds)
    return weights


def _intervention_sums(
    job: PruneJob, item: tuple[Intervention, AblationKind], on_progress: OnProgress
) -> dict[str, Floats]:
    """Return sums `[seed, utterance]` of each probe under one intervention."""
    return job.pruning.intervention_sums(*item, job.scorers, on_progress)


def plan_settings(probes: Mapping[str, Probe], training: Training, schedule: ScheduleOptions) -> dict[str, Any]:
    """Return the part of the plan that is certain before the model is loaded."""
    return {
        "probes": list(probes),
        "training": asdict(training),
        "step": schedule.step,
        "spans": list(schedule.spans),
        "ablations": list(check_kinds(schedule.ablation)),
        **part_settings(schedule),
        "probe_training": schedule.probe_training,
    }


def prune(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    schedule: ScheduleOptions,
    probing: ProbingOptions,
    options: SpeechOptions | None = None,
    execution: ExecutionOptions | None = None,
) -> Run:
    """Remove heads step by step in the order of each ranking, limit the span, and score probes after each intervention.

    The probes are trained on the intact model, or anew after each intervention (`probe_training`). Every intervention
    runs once; all probes score its hidden states. The run stores the sums after each intervention, so an interrupted
    run resumes with the next one.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        schedule: rankings, steps and spans. Steps remove heads from the highest score to the lowest, and in
            the opposite order. Each span has a curve with renormalised rows and one with the published rows.
        probing: names of the probes, number of seeds, and folder of trained networks.
        options: how to load the model and read the corpus.
        execution: where to compute: in this process, in several, or as a task of a cluster that measures a share.

    Returns:
        The finished run: curves of every probe over removed heads and over spans, with intervals.

    Raises:
        UnfinishedError: this task has measured its share, and shares of other tasks are missing.
        InputError: an error of `rank` or `probe`, a step outside (0, 1], or a negative span.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> schedule = ScheduleOptions(by=("weight",), step=0.5, spans=(2,))
        >>> probing, few = ProbingOptions(probes=("hidden-error",)), SpeechOptions(limit=2)
        >>> with TemporaryDirectory() as folder:
        ...     run = prune("bundled", "bundled", f"{folder}/run", schedule=schedule, probing=probing, options=few)
        ...     run.dataset["removed"].values.tolist(), run.dataset["score"].sel(step=0).values.ravel().tolist()
        ([0, 24, 48], [0.0, 0.0])
    """
    probes, training = select_probes(probing.probes), training_config(probing.seeds)
    check_steps(schedule.step, schedule.spans)
    check_ranking_loss(schedule)
    _check_text_probes(probes, schedule)
    options = options or SpeechOptions()
    source, place = make_source(corpus, options), make_place(model, options, execution)
    make_budget(schedule)  # an empty budget is refused before the model is loaded
    check_out(out, model, source, resume=place.may_resume(out), **plan_settings(probes, training, schedule))
    prepare = partial(prepare_prune, model, source, schedule, probing, options)
    return run_parts(out, place.prepare(out, prepare), prepare, place, PruneJob.finish)


def prepare_prune(
    model: str | Path | Encoder,
    source: SpeechSource,
    schedule: ScheduleOptions,
    probing: ProbingOptions,
    options: SpeechOptions,
) -> PruneJob:
    """Load the model and the speech, and return the job of `prune`. The arguments are those of `prune`."""
    probes = select_probes(probing.probes)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_model(probes, encoder)
    check_ranking_loss(schedule, encoder)
    _check_spans(encoder, schedule)
    scores, measured = _previous_scores(schedule, encoder)
    job = make_job({} if scores else get_rankings(schedule.by), schedule, encoder, source, measured)
    check_cuts(probes, job.context.speech)
    return PruneJob(job, scores, probes, training_config(probing.seeds), schedule, open_cache(probing.cache))


def _check_spans(encoder: Encoder, schedule: ScheduleOptions) -> None:
    if encoder.family.is_patch_grid and schedule.spans:
        raise InputError(
            f"expected no span for {encoder.name}, whose frames are patches of time and band, found "
            f"{len(schedule.spans)}; pass --spans ''"
        )


def _check_text_probes(probes: Mapping[str, Probe], schedule: ScheduleOptions) -> None:
    """Raise InputError if a probe cannot measure the heads of a decoder."""
    others = [name for name, probe in probes.items() if not probe.scores_texts]
    if schedule.part != ENCODER and others:
        raise InputError(
            f"expected --probes wer with --part {schedule.part}, found {others[0]}, which reads the encoder; choose wer"
        )


def _previous_scores(schedule: ScheduleOptions, encoder: Encoder) -> tuple[dict[str, RankingScores], Run | None]:
    """Return the scores of the earlier run, and the run itself if analyze wrote it."""
    if schedule.run is None:
        return {}, None
    return scores_from_run(open_run(schedule.run), encoder, schedule.by, part_settings(schedule))
