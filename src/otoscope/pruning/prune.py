"""From rankings to curves: what probes still read from a model as its heads are removed, as a run folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet

from otoscope.attention.interventions import Intervention
from otoscope.importance.previous_run import scores_from_run
from otoscope.importance.rank import RankJob, required_loss
from otoscope.importance.ranking import get_rankings, order
from otoscope.importance.ranking_context import RankingContext, SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe import require_unmodified, train_scorers, training_config
from otoscope.probing.probe_data import ProbeData, collect_hidden_states, hidden_states
from otoscope.probing.scorer import Probe, Scorer
from otoscope.probing.scores import totals
from otoscope.pruning.dataset import curve_dataset
from otoscope.pruning.schedule import SPANS, STEP, PruningSchedule, check_steps, make_schedule
from otoscope.results import Run, open_run
from otoscope.runs.cache import Found, load_or_compute, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import encoder_of, read_speech, source_of
from otoscope.typing import Floats

KIND = "curves"


@dataclass(frozen=True, eq=False)
class PruneJob:
    """Rankings, measured by `work` or `known` before, by which heads go in steps; spans; and the probes that watch."""

    work: RankJob
    known: Mapping[str, Floats]
    probes: Mapping[str, Probe]
    training: Training
    step: float
    spans: Sequence[int]

    @property
    def plan(self) -> dict[str, Any]:
        """All that decides the curves."""
        return self.work.plan | {
            "given": {name: order(score) for name, score in self.known.items()},
            "probes": list(self.probes),
            "training": asdict(self.training),
            "step": self.step,
            "spans": list(self.spans),
        }

    def curves(self, folder: Path, material: ProbeData, scorers: Mapping[str, Scorer]) -> Found:
        """Curves of all probes over every intervention, as a run keeps them, and who was left out."""
        score_of = self.known or self.work.scores(folder)
        schedule = make_schedule(score_of, self.step, self.spans)
        sums = _sums(material, schedule, scorers, folder)
        return self.work.described(curve_dataset(schedule, score_of, self.probes, scorers, sums), KIND)


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
    seconds: float = SamplingBudget.seconds,
    permutations: int = SamplingBudget.permutations,
    cache: str | Path | None = None,
    options: SpeechOptions | None = None,
) -> Run:
    """Remove heads cumulatively by each ranking, and limit the span; score the probes of the intact model each time.

    Every intervention is made once, its hidden states are scored by all probes, and the sums are kept: a run that was
    stopped goes on with the next intervention.

    Args:
        model, corpus, out: as for `analyze`.
        by, loss, seconds, permutations: as for `rank`.
        probes, seeds, cache: as for `probe`.
        step: share of all heads that goes in each step, from the highest score to the lowest and the other way.
        spans: radii in frames of the model, each with rows normalised again and as published; none for no such curves.
        run: a run of `rank` on the same model, to take the rankings from, or one of `analyze`, to take statistics from.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: curves of every probe over removed heads and over spans, with intervals.

    Raises:
        InputError: as `rank` and `probe` do; a step outside of (0, 1]; a negative span.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     asked = {"by": ["weight"], "probes": ["hidden-error"], "step": 0.5, "spans": [2], "options": SpeechOptions(limit=2)}
        ...     run = prune("bundled", "bundled", f"{folder}/run", **asked)
        ...     run.dataset["removed"].values.tolist(), run.dataset["score"].sel(step=0).values.ravel().tolist()
        ([0, 24, 48], [0.0, 0.0])
    """
    asked, training, effort = select_probes(probes), training_config(seeds), SamplingBudget(seconds, permutations)
    check_steps(step, spans)
    options = options or SpeechOptions()
    encoder, source = require_unmodified(encoder_of(model, options)), source_of(corpus, options)
    encoder.check_heads()
    known, measured = ({}, None) if run is None else scores_from_run(open_run(run), encoder, by)
    wanted = {} if known else get_rankings(by)
    speech = read_speech(source, encoder)
    context = RankingContext(encoder, speech, required_loss(wanted, loss, encoder, speech), effort, measured)
    pruning = PruneJob(RankJob(wanted, context, source), known, asked, training, step, spans)
    material = collect_hidden_states(encoder, speech)
    scorers = train_scorers(asked, material, training, open_cache(cache))
    return resume_or_run(
        out, pruning.plan, lambda folder: pruning.curves(folder, material, scorers), resume=options.resume
    )


def _sums(
    material: ProbeData, schedule: PruningSchedule, scorers: Mapping[str, Scorer], folder: Path
) -> dict[str, Floats]:
    """Sums `[intervention, seed, utterance]` of each probe; each intervention is kept as soon as it is known."""
    every: list[dict[str, Floats]] = []
    with progress("removing heads", len(schedule.interventions) * material.speech.seconds) as advance:
        for place, change in enumerate(schedule.interventions):

            def make(change: Intervention = change) -> dict[str, Floats]:
                with apply_intervention(material.encoder, change):
                    return totals(scorers, hidden_states(material.encoder, material.speech, advance))

            path = folder / "shards" / f"intervention-{place:06}.npz"
            advance(material.speech.seconds if path.exists() else 0)
            every.append(load_or_compute(path, make))
    return {name: np.stack([one[name] for one in every]) for name in scorers}


@contextmanager
def apply_intervention(encoder: Encoder, change: Intervention) -> Iterator[None]:
    """Within the block the encoder is changed."""
    with ExitStack() as changes:
        changes.enter_context(encoder.without_heads(change.removed))
        if change.radius is not None:
            changes.enter_context(encoder.limit_span(change.radius, change.renormalise))
        yield
