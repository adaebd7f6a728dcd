"""The score of a whole model at its own task on a corpus, with its interval."""

from dataclasses import dataclass

from otoscope.decoders.ctc import is_saved_with_ctc
from otoscope.models.encoder import Encoder
from otoscope.probing import PROBES
from otoscope.probing.builtin.accuracy import is_saved_as_classifier
from otoscope.probing.cache import open_cache
from otoscope.probing.intervened_scores import intervened_totals
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, content_of
from otoscope.probing.scorer import Probe
from otoscope.probing.scores import intervals, score
from otoscope.results.rounding import format_with_error
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech


@dataclass(frozen=True)
class TaskScore:
    """A score.

    Attributes:
        metric: its name.
        value: the score over all utterances.
        low, high: 95 % interval over speakers; NaN where there are too few.
        utterances: those that count.
    """

    metric: str
    value: float
    low: float
    high: float
    utterances: int

    @property
    def text(self) -> str:
        """The score with half of its interval."""
        return format_with_error(self.value, (self.high - self.low) / 2, 3)


def task_probe(encoder: Encoder) -> Probe | None:
    """Return the probe of the task of a model, by its configuration; None if it has none."""
    if is_saved_as_classifier(encoder):
        return PROBES.get("accuracy")
    if is_saved_with_ctc(encoder) or getattr(encoder.model.config, "is_encoder_decoder", False):
        return PROBES.get("wer")
    return None


def check_task(encoder: Encoder, speech: LoadedSpeech) -> None:
    """Raise InputError if speech lacks the texts or classes that the task of a model needs."""
    if (probe := task_probe(encoder)) is not None:
        probe.check_cuts(speech.cuts)


def score_task(encoder: Encoder, speech: LoadedSpeech) -> TaskScore | None:
    """Return the score of a model at its task; None if it has none.

    Raises:
        InputError: the corpus lacks its texts or classes.
    """
    probe = task_probe(encoder)
    if probe is None:
        return None
    probe.check_cuts(speech.cuts)
    data = ProbeData(encoder, speech, (), content_of(encoder, speech))  # probes of a task read no states of before
    scorer = probe.scorer(data, Training(seeds=1), open_cache())
    with progress("scoring the task", speech.seconds) as on_progress:
        total = intervened_totals({probe.name: probe}, {probe.name: scorer}, data, on_progress)[probe.name]
    low, high = intervals(total[None], scorer.count, data.clusters)[0].tolist()
    return TaskScore(probe.metric, float(score(total, scorer.count)), low, high, int((scorer.count > 0).sum()))
