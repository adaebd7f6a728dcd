"""Who speaks in an utterance? A linear net on the mean over frames; tested on other utterances of the same speakers."""

from otoscope.probing.classifier import Classifier, Question, classify
from otoscope.probing.folds import speakers_shared
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import Material
from otoscope.probing.scorer import Cache, Probe
from otoscope.probing.speaker import of_utterances


def scorer(material: Material, training: Training, cache: Cache) -> Classifier:
    """Nets on utterances. Raises InputError where there are not two speakers with two utterances each."""
    question = Question("speaker-utterance", of_utterances(material), pooled=True, width=0, split=speakers_shared)
    return classify(question, material, training, cache)


PROBE = Probe(
    name="speaker-utterance",
    doc="Utterances whose speaker is told rightly, among those that the probe has not heard.",
    metric="accuracy",
    better="high",
    trained=True,
    scorer=scorer,
)
