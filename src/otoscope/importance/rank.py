"""From a model and a corpus to rankings of its heads, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.engine.keep import kept
from otoscope.engine.plan import make_plan
from otoscope.engine.sources import Source, about, coordinates, read_speech
from otoscope.importance.agreement import spearman
from otoscope.importance.given import RANKING, heads_run
from otoscope.importance.loss import loss_named
from otoscope.importance.ranking import Floats, Ranking, chosen, ranks
from otoscope.importance.subject import Effort, Subject
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.probing.probe import intact
from otoscope.results import Run, claim_folder, finish, open_run
from otoscope.results.schema import Variable

OF_A_RANKING = ("doc", "units", "source", "dispensable")
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


def rank(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    by: Sequence[str],
    loss: str = "auto",
    run: str | Path | None = None,
    seconds: float = Effort.seconds,
    permutations: int = Effort.permutations,
    device: str = "auto",
    dtype: str = "float32",
    limit: int | None = None,
    resume: bool = False,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
) -> Run:
    """Order all heads of a model by one or several rankings, and keep scores, ranks and their agreement as a run.

    Args:
        model, corpus, out, device, dtype, limit, resume, format, tier, channel, strict: as for `analyze`.
        by: names of rankings; `random` stands for several seeds, `random-7` for one.
        loss: what harm is measured by in rankings that ablate heads or take gradients: `reconstruction`, `hidden` (see
            `importance.loss`), the name of a probe, or `auto`: reconstruction where the model has a prediction head.
        run: a run of `analyze` on the same model, to take statistics from; without it they are measured.
        seconds: speech on which rankings that need the loss run, spread evenly over the corpus.
        permutations: random orders of removal for `shapley`.

    Raises:
        BadInput: an unknown ranking or loss; a loss whose labels or prediction head are not there; a run of another
            model; and as `analyze` does.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = rank("embedded", "embedded", folder, by=["globalness", "random"], limit=2)
        ...     int(run.dataset["rank"].sel(ranking="globalness").min()), run.dataset.sizes["ranking"]
        (1, 4)
    """
    wanted, effort = chosen(by), Effort(seconds, permutations)
    encoder = intact(model if isinstance(model, Encoder) else load(model, device=device, dtype=dtype))
    source = Source(corpus, limit, strict, {"format": format, "tier": tier, "channel": channel})
    subject = make_subject(encoder, source, wanted, loss, effort, run)
    plan = plan_of(subject, source, wanted)
    if claim_folder(out, plan, resume=resume) != "finished":
        found = dataset_of(scores(subject, wanted, Path(out)), [ranking for ranking, _ in wanted.values()])
        told = about(RANKING, encoder, source) | {"loss": subject.loss_name or ""}
        named = found.assign_coords(coordinates(subject.speech, encoder)).assign_attrs(told)
        finish(out, named, subject.speech.skipped)
    return open_run(out)


def make_subject(
    encoder: Encoder, source: Source, wanted: Wanted, loss: str, effort: Effort, run: str | Path | None
) -> Subject:
    """What the wanted rankings are measured on. Raises BadInput where something that they need is not there."""
    measured = None if run is None else heads_run(open_run(run), encoder)
    speech = read_speech(source, encoder)
    needed = any(ranking.needs_loss for ranking, _ in wanted.values())
    named = loss_named(loss, encoder, speech) if needed else None
    return Subject(encoder, speech, named, effort, measured)


def plan_of(subject: Subject, source: Source, wanted: Wanted) -> dict[str, Any]:
    """All that decides the scores."""
    plan = make_plan(subject.encoder, list(subject.speech.cuts), source.name, (), source.options)
    measured = subject.measured.plan["corpus"]["fingerprint"] if subject.measured else None
    how = {"loss": subject.loss_name, "effort": asdict(subject.effort), "measured_on": measured}
    return plan | {"rankings": list(wanted), **how}


def scores(subject: Subject, wanted: Wanted, folder: Path) -> dict[str, Floats]:
    """Score `[layer, head]` of each wanted ranking; each is kept among the shards of the run as soon as it is known."""

    def score(label: str) -> Floats:
        ranking, seed = wanted[label]
        return kept(folder / "shards" / f"rank-{label}.npz", lambda: {"score": ranking.score(subject, seed)})["score"]

    return {label: score(label) for label in wanted}


def dataset_of(score_of: Mapping[str, Floats], rankings: Sequence[Ranking]) -> xr.Dataset:
    """Scores `[layer, head]`, ranks and agreement of rankings, with named dimensions."""
    names = np.array(list(score_of), dtype=object)
    rank = np.stack([ranks(score) for score in score_of.values()])
    values = {"score": np.stack(list(score_of.values())), "rank": rank, "agreement": spearman(rank)}
    values |= {name: np.array([getattr(one, name) for one in rankings], object) for name in OF_A_RANKING}
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    return xr.Dataset(variables, {"ranking": names, "other": names})
