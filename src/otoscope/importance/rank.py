"""From a model and a corpus to rankings of its heads, as a run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import xarray as xr
from lhotse import CutSet

from otoscope.attention.ablation_kinds import check_kinds
from otoscope.errors import InputError, UnfinishedError
from otoscope.importance.dataset import ranking_dataset
from otoscope.importance.decoder_context import decoder_context
from otoscope.importance.loss import Loss, check_loss, get_loss
from otoscope.importance.options import ENCODER, RankingOptions
from otoscope.importance.previous_run import RANKING, require_analysis_run
from otoscope.importance.ranking import RankingScores, SeededRanking, get_rankings, make_scores
from otoscope.importance.ranking_context import RankingContext, make_context
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.probing.probe import require_unmodified
from otoscope.results import Run, open_run
from otoscope.runs.cache import RunResult, check_out, load_or_compute
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.part_map import PartMap
from otoscope.runs.run_config import make_plan
from otoscope.runs.shared_run import make_place, run_parts
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class RankJob:
    """Rankings and their seeds by label, and what they are measured on."""

    rankings: Mapping[str, SeededRanking]
    context: RankingContext
    source: SpeechSource
    part: Mapping[str, Any]

    @property
    def encoder(self) -> Encoder:
        """Return the model."""
        return self.context.encoder

    @cached_property
    def plan(self) -> dict[str, Any]:
        """Return all that decides the scores."""
        context, source = self.context, self.source
        plan = make_plan(context.encoder, context.speech.cuts, source.name, (), source.options)
        measured = context.statistics.corpus_fingerprint
        return plan | {
            "rankings": list(self.rankings),
            "loss": context.loss_name,
            "sampling_budget": asdict(context.budget),
            "statistics_corpus": measured,
            **self.part,
            **({"decoder": context.decoder.transcriber.fingerprint} if context.decoder else {}),
        }

    def measure(self, parts: PartMap) -> dict[str, RankingScores]:
        """Return the scores of each ranking by label; the run stores each score after its computation.

        Raises:
            UnfinishedError: parts of other tasks are missing; those of all rankings that this task has are stored.
        """
        context, scores = replace(self.context, parts=parts), dict[str, RankingScores]()
        unfinished: list[UnfinishedError] = []
        for label, seeded in self.rankings.items():
            path = parts.folder / "shards" / f"rank-{label}.npz"
            try:
                arrays = load_or_compute(path, partial(_score, seeded, context))
                scores[label] = make_scores(arrays["score"], seeded)
            except UnfinishedError as error:
                unfinished.append(error)
        if unfinished:
            raise unfinished[0]
        return scores

    def finish(self, parts: PartMap) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        context = self.context
        dataset = ranking_dataset(self.measure(parts), self.rankings, context.speech.clusters, context.loss_name)
        return self.to_run_result(dataset, RANKING)

    def to_run_result(self, dataset: xr.Dataset, kind: str) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        context = self.context
        counts = context.grid.counts
        described = add_coordinates(dataset, kind, context.encoder, self.source, context.speech, counts=counts)
        return described.assign_attrs(loss=context.loss_name or "", **self.part), context.speech.skipped


def _score(seeded: SeededRanking, context: RankingContext) -> dict[str, Floats]:
    return {"score": seeded.ranking.score(context, seeded.seed)}


def rank(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    ranking: RankingOptions,
    options: SpeechOptions | None = None,
    execution: ExecutionOptions | None = None,
) -> Run:
    """Order all heads of a model by one or several rankings, and store scores, ranks and their agreement as a run.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        ranking: rankings and how they measure importance.
        options: how to load the model and read the corpus.
        execution: where to compute: in this process, in several, or as a task of a cluster that measures a share.

    Returns:
        The finished run: scores, ranks and the agreement of the rankings.

    Raises:
        UnfinishedError: this task has measured its share, and shares of other tasks are missing.
        InputError: an unknown ranking or loss, missing labels, a missing prediction head, a run of another model, or
            an error of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> by, few = RankingOptions(by=("globalness", "random")), SpeechOptions(limit=2)
        >>> with TemporaryDirectory() as folder:
        ...     run = rank("bundled", "bundled", folder, ranking=by, options=few)
        ...     int(run.dataset["rank"].sel(ranking="globalness").min()), run.dataset.sizes["ranking"]
        (1, 4)
    """
    check_ranking_loss(ranking)
    rankings, options = get_rankings(ranking.by), options or SpeechOptions()
    source, budget = make_source(corpus, options), make_budget(ranking)
    if len(check_kinds(ranking.ablation)) > 1:
        raise InputError(
            f"expected one kind with --ablation, found {', '.join(ranking.ablation)}; rank by each in turn"
        )
    place = make_place(model, options, execution)
    settings = {"rankings": list(rankings), "sampling_budget": asdict(budget), **part_settings(ranking)}
    check_out(out, model, source, resume=place.may_resume(out), **settings)
    prepare = partial(prepare_rank, model, source, ranking, options)
    return run_parts(out, place.prepare(out, prepare), prepare, place, RankJob.finish)


def prepare_rank(
    model: str | Path | Encoder, source: SpeechSource, ranking: RankingOptions, options: SpeechOptions
) -> RankJob:
    """Load the model and the speech, and return the job of `rank`. The arguments are those of `rank`."""
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_ranking_loss(ranking, encoder)
    if ranking.run is not None and ranking.part != ENCODER:
        raise InputError(f"expected no --run with --part {ranking.part}, found {ranking.run}; omit it")
    measured = None if ranking.run is None else require_analysis_run(open_run(ranking.run), encoder)
    return make_job(get_rankings(ranking.by), ranking, encoder, source, measured)


def make_job(
    rankings: Mapping[str, SeededRanking],
    options: RankingOptions,
    encoder: Encoder,
    source: SpeechSource,
    measured: Run | None,
) -> RankJob:
    """Read the speech and return the job of computing rankings on it.

    Raises:
        InputError: the budget is empty, or the loss needs labels or a prediction head that are missing.
    """
    budget, part = make_budget(options), part_settings(options)
    speech = read_speech(source, encoder)
    if part:
        context = decoder_context(encoder, speech, options, budget, rankings)
        return RankJob(rankings, context, source, part)
    loss = required_loss(rankings, options.loss, encoder, speech)
    return RankJob(rankings, make_context(encoder, speech, loss, budget, measured), source, part)


def make_budget(options: RankingOptions) -> SamplingBudget:
    """Return how rankings sample the loss. Raise InputError for a kind of ablation that does not exist."""
    kind = check_kinds(options.ablation)[0]
    return SamplingBudget(options.seconds, options.permutations, ablation=kind, positions=options.positions)


def part_settings(options: RankingOptions) -> dict[str, Any]:
    """Return the part of the model whose heads are ranked, for the plan and the results; nothing for the encoder."""
    if options.part == ENCODER:
        return {}
    return {"part": options.part, "through_layers": int(options.through_layers)}


def check_ranking_loss(options: RankingOptions, encoder: Encoder | None = None) -> None:
    """Raise InputError if an encoder has no such loss; the options themselves check those of a decoder."""
    if options.part == ENCODER:
        check_loss(options.loss, encoder)


def required_loss(
    rankings: Mapping[str, SeededRanking], name: str, encoder: Encoder, speech: LoadedSpeech
) -> Loss | None:
    """Return the named loss if a ranking needs a loss.

    Raises:
        InputError: the loss needs labels or a prediction head that are missing.
    """
    needs_loss = any(seeded.ranking.needs_loss for seeded in rankings.values())
    return get_loss(name, encoder, speech) if needs_loss else None
