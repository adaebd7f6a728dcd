"""From a model and a corpus to rankings of its heads, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.importance.agreement import spearman
from otoscope.importance.loss import Loss, get_loss
from otoscope.importance.options import RankingOptions
from otoscope.importance.previous_run import RANKING, require_analysis_run
from otoscope.importance.ranking import Ranking, get_rankings, ordinal_ranks
from otoscope.importance.ranking_context import RankingContext, SamplingBudget, make_context
from otoscope.models.encoder import Encoder
from otoscope.probing.probe import require_unmodified
from otoscope.results import Run, open_run
from otoscope.results.schema import Variable
from otoscope.runs.cache import RunResult, load_or_compute, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.typing import Floats

RANKING_FIELDS = ("doc", "units", "source", "dispensable")
VARIABLES = {
    "score": Variable(("ranking", "layer", "head"), "as `units` says", "what the ranking orders heads by"),
    "rank": Variable(
        ("ranking", "layer", "head"), "1", "place in the ranking: 1 has the highest score, each place once"
    ),
    "agreement": Variable(("ranking", "other"), "1", "Spearman's rank correlation of two rankings"),
    "doc": Variable(("ranking",), "1", "what the score is, and which heads come first"),
    "units": Variable(("ranking",), "1", "units of the score"),
    "source": Variable(("ranking",), "1", "where the ranking was published"),
    "dispensable": Variable(("ranking",), "1", "scores of heads that a model is expected to do without: high or low"),
}
Wanted = Mapping[str, tuple[Ranking, int]]


@dataclass(frozen=True, eq=False)
class RankJob:
    """Rankings and their seeds by label, and what they are measured on."""

    wanted: Wanted
    context: RankingContext
    source: SpeechSource

    @property
    def plan(self) -> dict[str, Any]:
        """All that decides the scores."""
        context, source = self.context, self.source
        plan = make_plan(context.encoder, list(context.speech.cuts), source.name, (), source.options)
        measured = context.statistics.corpus_fingerprint
        how = {"loss": context.loss_name, "effort": asdict(context.budget), "measured_on": measured}
        return plan | {"rankings": list(self.wanted), **how}

    def scores(self, folder: Path) -> dict[str, Floats]:
        """Score `[layer, head]` of each ranking; the run stores each score after its computation."""

        def score(label: str) -> Floats:
            ranking, seed = self.wanted[label]
            path = folder / "shards" / f"rank-{label}.npz"
            return load_or_compute(path, lambda: {"score": ranking.score(self.context, seed)})["score"]

        return {label: score(label) for label in self.wanted}

    def to_run_result(self, dataset: xr.Dataset, kind: str) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        context = self.context
        described = add_coordinates(dataset, kind, context.encoder, self.source, context.speech)
        return described.assign_attrs(loss=context.loss_name or ""), context.speech.skipped


def rank(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    ranking: RankingOptions,
    options: SpeechOptions | None = None,
) -> Run:
    """Order all heads of a model by one or several rankings, and store scores, ranks and their agreement as a run.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech, as in `analyze`.
        out: folder of the run, which must not exist unless `options.resume` is true.
        ranking: rankings and how they measure importance.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: scores, ranks and the agreement of the rankings.

    Raises:
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
    wanted, options = get_rankings(ranking.by), options or SpeechOptions()
    encoder, source = require_unmodified(resolve_encoder(model, options)), make_source(corpus, options)
    encoder.check_heads()
    measured = None if ranking.run is None else require_analysis_run(open_run(ranking.run), encoder)
    job = make_job(wanted, ranking, encoder, source, measured)

    def make(folder: Path) -> RunResult:
        found = dataset_of(job.scores(folder), [ranking for ranking, _ in wanted.values()])
        return job.to_run_result(found, RANKING)

    return resume_or_run(out, job.plan, make, resume=options.resume)


def make_job(
    wanted: Wanted, ranking: RankingOptions, encoder: Encoder, source: SpeechSource, measured: Run | None
) -> RankJob:
    """Read the speech and return the job of computing rankings on it.

    Raises:
        InputError: the budget is empty, or the loss needs labels or a prediction head that are missing.
    """
    budget = SamplingBudget(ranking.seconds, ranking.permutations)
    speech = read_speech(source, encoder)
    loss = required_loss(wanted, ranking.loss, encoder, speech)
    return RankJob(wanted, make_context(encoder, speech, loss, budget, measured), source)


def dataset_of(score_of: Mapping[str, Floats], rankings: Sequence[Ranking]) -> xr.Dataset:
    """Scores `[layer, head]`, ranks and agreement of rankings, with named dimensions."""
    names = np.array(list(score_of), dtype=object)
    rank = np.stack([ordinal_ranks(score) for score in score_of.values()])
    values = {"score": np.stack(list(score_of.values())), "rank": rank, "agreement": spearman(rank)}
    values |= {name: np.array([getattr(one, name) for one in rankings], object) for name in RANKING_FIELDS}
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    return xr.Dataset(variables, {"ranking": names, "other": names})


def required_loss(wanted: Wanted, name: str, encoder: Encoder, speech: LoadedSpeech) -> Loss | None:
    """The named loss, where a wanted ranking needs one. Raises InputError where what it needs is not there."""
    needed = any(ranking.needs_loss for ranking, _ in wanted.values())
    return get_loss(name, encoder, speech) if needed else None
