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
from otoscope.importance.previous_run import RANKING, require_analysis_run
from otoscope.importance.ranking import Ranking, get_rankings, ranks
from otoscope.importance.ranking_context import RankingContext, SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.probing.probe import require_unmodified
from otoscope.results import Run, open_run
from otoscope.results.schema import Variable
from otoscope.runs.cache import Found, load_or_compute, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import LoadedSpeech, SpeechSource, described, encoder_of, read_speech, source_of
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
        measured = context.measured.plan["corpus"]["fingerprint"] if context.measured else None
        how = {"loss": context.loss_name, "effort": asdict(context.effort), "measured_on": measured}
        return plan | {"rankings": list(self.wanted), **how}

    def scores(self, folder: Path) -> dict[str, Floats]:
        """Score `[layer, head]` of each ranking; each is kept among the shards of the run as soon as it is known."""

        def score(label: str) -> Floats:
            ranking, seed = self.wanted[label]
            path = folder / "shards" / f"rank-{label}.npz"
            return load_or_compute(path, lambda: {"score": ranking.score(self.context, seed)})["score"]

        return {label: score(label) for label in self.wanted}

    def described(self, found: xr.Dataset, kind: str) -> Found:
        """What was found, as a run keeps it, and who was left out."""
        context = self.context
        named = described(found, kind, context.encoder, self.source, context.speech)
        return named.assign_attrs(loss=context.loss_name or ""), context.speech.skipped


def rank(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    by: Sequence[str],
    loss: str = "auto",
    run: str | Path | None = None,
    seconds: float = SamplingBudget.seconds,
    permutations: int = SamplingBudget.permutations,
    options: SpeechOptions | None = None,
) -> Run:
    """Order all heads of a model by one or several rankings, and keep scores, ranks and their agreement as a run.

    Args:
        model, corpus, out: as for `analyze`.
        by: names of rankings; `random` stands for several seeds, `random-7` for one.
        loss: what harm is measured by in rankings that ablate heads or take gradients: `reconstruction`, `hidden` (see
            `importance.loss`), the name of a probe, or `auto`: reconstruction where the model has a prediction head.
        run: a run of `analyze` on the same model, to take statistics from; without it they are measured.
        seconds: speech on which rankings that need the loss run, spread evenly over the corpus.
        permutations: random orders of removal for `shapley`.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: scores, ranks and the agreement of the rankings.

    Raises:
        InputError: an unknown ranking or loss; a loss whose labels or prediction head are not there; a run of another
            model; and as `analyze` does.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = rank("bundled", "bundled", folder, by=["globalness", "random"], options=SpeechOptions(limit=2))
        ...     int(run.dataset["rank"].sel(ranking="globalness").min()), run.dataset.sizes["ranking"]
        (1, 4)
    """
    wanted, effort, options = get_rankings(by), SamplingBudget(seconds, permutations), options or SpeechOptions()
    encoder, source = require_unmodified(encoder_of(model, options)), source_of(corpus, options)
    encoder.check_heads()
    measured = None if run is None else require_analysis_run(open_run(run), encoder)
    speech = read_speech(source, encoder)
    context = RankingContext(encoder, speech, required_loss(wanted, loss, encoder, speech), effort, measured)
    work = RankJob(wanted, context, source)

    def make(folder: Path) -> Found:
        found = dataset_of(work.scores(folder), [ranking for ranking, _ in wanted.values()])
        return work.described(found, RANKING)

    return resume_or_run(out, work.plan, make, resume=options.resume)


def dataset_of(score_of: Mapping[str, Floats], rankings: Sequence[Ranking]) -> xr.Dataset:
    """Scores `[layer, head]`, ranks and agreement of rankings, with named dimensions."""
    names = np.array(list(score_of), dtype=object)
    rank = np.stack([ranks(score) for score in score_of.values()])
    values = {"score": np.stack(list(score_of.values())), "rank": rank, "agreement": spearman(rank)}
    values |= {name: np.array([getattr(one, name) for one in rankings], object) for name in RANKING_FIELDS}
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    return xr.Dataset(variables, {"ranking": names, "other": names})


def required_loss(wanted: Wanted, name: str, encoder: Encoder, speech: LoadedSpeech) -> Loss | None:
    """The named loss, where a wanted ranking needs one. Raises InputError where what it needs is not there."""
    needed = any(ranking.needs_loss for ranking, _ in wanted.values())
    return get_loss(name, encoder, speech) if needed else None
