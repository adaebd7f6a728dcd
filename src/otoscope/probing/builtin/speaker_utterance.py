"""Who speaks in an utterance? A linear net on the mean over frames; tested on other utterances of the same speakers."""

from otoscope.probing.classifier import ClassificationTask, Classifier, classify
from otoscope.probing.folds import within_speaker_folds
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe
from otoscope.probing.speaker import check, of_utterances


def scorer(data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return nets on utterances. Raise InputError without two speakers with two utterances each."""
    task = ClassificationTask(
        "speaker-utterance", of_utterances(data), pooled=True, width=0, split=within_speaker_folds
    )
    return classify(task, data, training, cache)


PROBE = Probe(
    name="speaker-utterance",
    doc="Utterances whose speaker is classified correctly, among those that the probe was not trained on.",
    metric="accuracy",
    label="speaker-utterance accuracy",
    units="%",
    higher_is_better=True,
    trained=True,
    scorer=scorer,
    check_cuts=check,
)
