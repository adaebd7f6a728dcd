"""From rankings to curves: what probes still read from a model as its heads are removed, as a run folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
from lhotse import CutSet

from otoscope.engine.keep import kept
from otoscope.engine.progress import progress
from otoscope.engine.sources import Source, about, coordinates
from otoscope.importance.curve_variables import curve_dataset
from otoscope.importance.given import picked, ranking_run
from otoscope.importance.rank import make_subject, plan_of, scores
from otoscope.importance.ranking import Floats, chosen, order
from otoscope.importance.removal import SPANS, STEP, Removals, check_steps, removals
from otoscope.importance.subject import Effort
from otoscope.models.encoder import Encoder
from otoscope.models.intervention import Intervention
from otoscope.models.load import load
from otoscope.probing import discover as probing
from otoscope.probing.cache import cache_at
from otoscope.probing.evaluate import totals
from otoscope.probing.material import Material, gather, hidden_states
from otoscope.probing.net import Training
from otoscope.probing.probe import intact, prepared, training_of
from otoscope.probing.scorer import Scorer
from otoscope.results import Run, claim_folder, finish, open_run

KIND = "curves"


def prune(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    by: Sequence[str],
    probes: Sequence[str],
    step: float = STEP,
    spans: Sequence[int] = SPANS,
    loss: str = "auto",
    run: str | Path | None = None,
    seeds: int = Training.seeds,
    seconds: float = Effort.seconds,
    permutations: int = Effort.permutations,
    cache: str | Path | None = None,
    device: str = "auto",
    dtype: str = "float32",
    limit: int | None = None,
    resume: bool = False,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
) -> Run:
    """Remove heads cumulatively by each ranking, and limit the span; score the probes of the intact model each time.

    Every intervention is made once, its hidden states are scored by all probes, and the sums are kept: a run that was
    stopped goes on with the next intervention.

    Args:
        model, corpus, out, device, dtype, limit, resume, format, tier, channel, strict: as for `analyze`.
        by, loss, seconds, permutations: as for `rank`.
        probes, seeds, cache: as for `probe`.
        step: share of all heads that goes in each step, from the highest score to the lowest and the other way.
        spans: radii in frames of the model, each with rows normalised again and as published; none for no such curves.
        run: a run of `rank` on the same model, to take the rankings from, or one of `analyze`, to take statistics from.

    Raises:
        BadInput: as `rank` and `probe` do; a step outside of (0, 1]; a negative span.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     asked = {"by": ["weight"], "probes": ["hidden"], "step": 0.5, "spans": [2], "limit": 2}
        ...     run = prune("embedded", "embedded", f"{folder}/run", **asked)
        ...     run.dataset["removed"].values.tolist(), run.dataset["score"].sel(step=0).values.ravel().tolist()
        ([0, 24, 48], [0.0, 0.0])
    """
    asked, training = probing.chosen(probes), training_of(seeds)
    encoder = intact(model if isinstance(model, Encoder) else load(model, device=device, dtype=dtype))
    source = Source(corpus, limit, strict, {"format": format, "tier": tier, "channel": channel})
    check_steps(step, spans)
    ranked = None if run is None else ranking_run(open_run(run), encoder)
    wanted = {} if ranked else chosen(by)
    subject = make_subject(encoder, source, wanted, loss, Effort(seconds, permutations), None if ranked else run)
    known = picked(ranked, by) if ranked else {}
    plan = plan_of(subject, source, wanted) | {
        "given": {name: order(score) for name, score in known.items()},
        "probes": list(asked),
        "training": asdict(training),
        "step": step,
        "spans": list(spans),
    }
    material = gather(encoder, subject.speech)
    scorers = prepared(asked, material, training, cache_at(cache))
    if claim_folder(out, plan, resume=resume) != "finished":
        score_of = known or scores(subject, wanted, Path(out))
        ways = removals(score_of, step, spans)
        sums = _sums(material, ways, scorers, Path(out))
        named = curve_dataset(ways, score_of, asked, scorers, sums)
        told = about(KIND, encoder, source) | {"loss": subject.loss_name or ""}
        finish(
            out, named.assign_coords(coordinates(subject.speech, encoder)).assign_attrs(told), subject.speech.skipped
        )
    return open_run(out)


def _sums(material: Material, ways: Removals, scorers: Mapping[str, Scorer], folder: Path) -> dict[str, Floats]:
    """Sums `[intervention, seed, utterance]` of each probe; each intervention is kept as soon as it is known."""
    every: list[dict[str, Floats]] = []
    with progress("removing heads", len(ways.interventions) * material.speech.seconds) as advance:
        for place, change in enumerate(ways.interventions):

            def make(change: Intervention = change) -> dict[str, Floats]:
                with under(material.encoder, change):
                    return totals(scorers, hidden_states(material.encoder, material.speech, advance))

            path = folder / "shards" / f"intervention-{place:06}.npz"
            advance(material.speech.seconds if path.exists() else 0)
            every.append(kept(path, make))
    return {name: np.stack([one[name] for one in every]) for name in scorers}


@contextmanager
def under(encoder: Encoder, change: Intervention) -> Iterator[None]:
    """Within the block the encoder is changed."""
    with ExitStack() as changes:
        changes.enter_context(encoder.without_heads(change.removed))
        if change.radius is not None:
            changes.enter_context(encoder.span(change.radius, change.renormalise))
        yield
