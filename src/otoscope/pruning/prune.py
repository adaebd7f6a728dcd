"""From rankings to curves: what probes still read from a model as its heads are removed, as a run folder."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet

from otoscope.attention.interventions import Intervention
from otoscope.attention.output_changes import Ablation
from otoscope.attention.output_kinds import OutputKind, check_kinds
from otoscope.errors import InputError
from otoscope.importance.options import ENCODER
from otoscope.importance.previous_run import scores_from_run
from otoscope.importance.rank import RankJob, check_ranking_loss, make_budget, make_job, part_settings
from otoscope.importance.ranking import RankingScores, get_rankings, order
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import make_ablation
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.options import ProbingOptions
from otoscope.probing.probe import check_cuts, check_model, require_unmodified, train_scorers, training_config
from otoscope.probing.probe_data import ProbeData, collect_hidden_states, hidden_states
from otoscope.probing.scorer import Probe, Scorer
from otoscope.probing.scores import totals
from otoscope.pruning.dataset import curve_dataset
from otoscope.pruning.decoder_pruning import DecoderPruning
from otoscope.pruning.options import ScheduleOptions
from otoscope.pruning.schedule import PruningSchedule, check_steps, make_schedule
from otoscope.results import Run, open_run
from otoscope.runs.cache import RunResult, check_out, load_or_compute, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import make_source, resolve_encoder
from otoscope.typing import Floats

KIND = "curves"
ZERO = Ablation()


@dataclass(frozen=True, eq=False)
class PruneJob:
    """Rankings that a job computes or that an earlier run stores, the schedule, and the probes."""

    ranking_job: RankJob
    previous_rankings: Mapping[str, RankingScores]
    probes: Mapping[str, Probe]
    training: Training
    schedule: ScheduleOptions

    @property
    def plan(self) -> dict[str, Any]:
        """All that decides the curves."""
        return self.ranking_job.plan | {
            "previous_rankings": {label: order(scores.values) for label, scores in self.previous_rankings.items()},
            **plan_settings(self.probes, self.training, self.schedule),
        }

    def curves(self, folder: Path, material: ProbeData, scorers: Mapping[str, Scorer]) -> RunResult:
        """Return the Dataset of the curves of all probes over every intervention, and the skipped utterances."""
        rankings = self.previous_rankings or self.ranking_job.scores(folder)
        scores = [each.values for each in rankings.values()]
        options = self.schedule
        spans = options.spans if options.part == ENCODER else ()
        schedule = make_schedule(scores, options.step, spans, check_kinds(options.ablation))
        context = self.ranking_job.context
        pruning = (
            DecoderPruning(material, schedule, context.decoder)
            if context.decoder
            else Pruning(material, schedule, context.budget.positions)
        )
        sums = _sums(pruning, scorers, folder)
        dataset = curve_dataset(schedule, rankings, self.probes, scorers, sums, material.clusters)
        return self.ranking_job.to_run_result(dataset, KIND)


def plan_settings(probes: Mapping[str, Probe], training: Training, schedule: ScheduleOptions) -> dict[str, Any]:
    """Return the part of the plan that is certain before the model is loaded."""
    return {
        "probes": list(probes),
        "training": asdict(training),
        "step": schedule.step,
        "spans": list(schedule.spans),
        "ablations": list(check_kinds(schedule.ablation)),
        **part_settings(schedule),
    }


def prune(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    schedule: ScheduleOptions,
    probing: ProbingOptions,
    options: SpeechOptions | None = None,
) -> Run:
    """Remove heads step by step in the order of each ranking, limit the span, and score probes after each intervention.

    The probes are trained on the intact model. Every intervention runs once; all probes score its hidden states. The
    run stores the sums after each intervention, so an interrupted run resumes with the next one.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        schedule: rankings, steps and spans. Steps remove heads from the highest score to the lowest, and in
            the opposite order. Each span has a curve with renormalised rows and one with the published rows.
        probing: names of the probes, number of seeds, and folder of trained networks.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: curves of every probe over removed heads and over spans, with intervals.

    Raises:
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
    source = make_source(corpus, options)
    make_budget(schedule)  # an empty budget is refused before the model is loaded
    check_out(out, model, source, resume=options.resume, **plan_settings(probes, training, schedule))
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_model(probes, encoder)
    check_ranking_loss(schedule, encoder)
    _check_spans(encoder, schedule)
    scores, measured = _previous_scores(schedule, encoder)
    job = make_job({} if scores else get_rankings(schedule.by), schedule, encoder, source, measured)
    check_cuts(probes, job.context.speech)
    pruning = PruneJob(job, scores, probes, training, schedule)

    def make(folder: Path) -> RunResult:
        material = collect_hidden_states(encoder, job.context.speech)
        scorers = train_scorers(probes, material, training, open_cache(probing.cache))
        return pruning.curves(folder, material, scorers)

    return resume_or_run(out, pruning.plan, make, resume=options.resume)


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


@dataclass(frozen=True, eq=False)
class Pruning:
    """The speech on which a schedule runs, and the number of parts of an utterance that have a mean of their own."""

    material: ProbeData
    schedule: PruningSchedule
    positions: int

    @cached_property
    def ablations(self) -> dict[OutputKind, Ablation]:
        """Return each kind of removal, with the outputs on the speech that it requires."""
        encoder, waves = self.material.encoder, self.material.speech.waves
        return {
            kind: make_ablation(encoder, waves, kind, self.positions) for kind in dict.fromkeys(self.schedule.kinds)
        }

    def intervention_sums(
        self, number: int, scorers: Mapping[str, Scorer], on_progress: Callable[[float], None]
    ) -> dict[str, Floats]:
        """Return sums `[seed, utterance]` of each probe on the hidden states under one intervention."""
        change, kind = self.schedule.interventions[number], self.schedule.kinds[number]
        with apply_intervention(self.material.encoder, change, self.ablations[kind]):
            return totals(scorers, hidden_states(self.material.encoder, self.material.speech, on_progress))


def _sums(pruning: Pruning | DecoderPruning, scorers: Mapping[str, Scorer], folder: Path) -> dict[str, Floats]:
    """Return sums `[intervention, seed, utterance]` of each probe; the folder stores those of each intervention."""
    sums: list[dict[str, Floats]] = []
    count, seconds = len(pruning.schedule.interventions), pruning.material.speech.seconds
    with progress("removing heads", count * seconds) as on_progress:
        for number in range(count):
            path = folder / "shards" / f"intervention-{number:06}.npz"
            on_progress(seconds if path.exists() else 0)
            sums.append(load_or_compute(path, partial(pruning.intervention_sums, number, scorers, on_progress)))
    return {name: np.stack([by_probe[name] for by_probe in sums]) for name in scorers}


@contextmanager
def apply_intervention(encoder: Encoder, change: Intervention, ablation: Ablation = ZERO) -> Iterator[None]:
    """Within the block the encoder is changed; its heads are removed by the kind of `ablation`."""
    with ExitStack() as changes:
        changes.enter_context(encoder.intervene(ablation.change(change.removed)))
        if change.radius is not None:
            changes.enter_context(encoder.limit_span(change.radius, change.renormalise))
        yield
