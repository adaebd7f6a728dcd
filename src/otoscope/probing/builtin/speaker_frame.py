"""Who speaks in a frame? One hidden layer; tested on other utterances of the same speakers."""

from otoscope.probing.classifier import ClassificationTask, Classifier, classify
from otoscope.probing.folds import within_speaker_folds
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe
from otoscope.probing.speaker import check, of_frames


def scorer(data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return nets on frames. Raise InputError without two speakers with two utterances each."""
    task = ClassificationTask(
        "speaker-frame", of_frames(data), pooled=False, width=training.width, split=within_speaker_folds
    )
    return classify(task, data, training, cache)


PROBE = Probe(
    name="speaker-frame",
    doc="Frames whose speaker is classified correctly, in utterances that the probe was not trained on.",
    metric="accuracy",
    label="speaker-frame accuracy",
    units="%",
    higher_is_better=True,
    trained=True,
    scorer=scorer,
    check_cuts=check,
)
