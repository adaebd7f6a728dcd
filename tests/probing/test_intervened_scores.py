"""All probes score a changed model after one run of its encoder, as each of them does alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.helpers.saved_letters import save_letter_model
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import build_whole
from torch.nn.modules.module import register_module_forward_hook

import otoscope
from otoscope.models.load import load
from otoscope.probing import PROBES
from otoscope.probing.intervened_scores import intervened_totals
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, collect_hidden_states, hidden_states
from otoscope.probing.scores import totals
from otoscope.runs.speech_source import SpeechSource, read_speech

TEXTS = ("a cab", "bad deed", "")
REMOVED = [(0, 0), (0, 1)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    for number, text in enumerate(TEXTS):
        (folder / f"LABEL_{number % 2}").mkdir(exist_ok=True)
        path = folder / f"LABEL_{number % 2}" / f"{number}.wav"
        soundfile.write(path, noise(0.6 + 0.2 * number, seed=number), 16000)
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return folder


def collected(model: Path, corpus: Path) -> ProbeData:
    encoder = load(model, device="cpu")
    cuts = otoscope.read_corpus(corpus, on_skip=lambda file: None)  # the texts are no labels of a format
    return collect_hidden_states(encoder, read_speech(SpeechSource(cuts), encoder))


@contextmanager
def counted(name: str) -> Iterator[list[int]]:
    """Collect the number of utterances of each run of a module of this class, in any model."""
    runs: list[int] = []

    def count(module: object, inputs: object, output: object) -> None:
        if type(module).__name__ == name:
            runs.append(len(output[0]))  # type: ignore[index]

    hook = register_module_forward_hook(count)
    yield runs
    hook.remove()


@pytest.mark.parametrize("names", [("wer",), ("wer", "hidden-error")])
@pytest.mark.parametrize(
    ("save", "module"), [(save_transcriber, "WhisperEncoder"), (save_letter_model, "Wav2Vec2Model")]
)
def test_the_encoder_runs_once_on_each_utterance(corpus: Path, tmp_path: Path, names, save, module) -> None:
    """The reference scores one utterance after the other, and runs the encoder again for each text."""
    data = collected(save(tmp_path), corpus)
    probes = {name: PROBES.get(name) for name in names}
    scorers = {name: probe.scorer(data, Training(seeds=2), None) for name, probe in probes.items()}
    seconds, states = [], {}
    with data.encoder.without_heads(REMOVED):
        expected = totals(scorers, hidden_states(data.encoder, data.speech, lambda seconds: None))
        with counted(module) as runs:
            sums = intervened_totals(probes, scorers, data, seconds.append, states.__setitem__)
        wanted = dict(hidden_states(data.encoder, data.speech, lambda seconds: None))
    assert sum(runs) == len(TEXTS)
    assert sum(seconds) == pytest.approx(data.speech.seconds)
    assert sums["wer"].any()
    for name in names:
        np.testing.assert_allclose(sums[name], expected[name], rtol=1e-4)
    for index, hidden_td in wanted.items():
        np.testing.assert_allclose(states[index], hidden_td, atol=1e-5)


def test_a_pruning_by_word_errors_runs_the_encoder_once_for_each_intervention(corpus: Path, tmp_path: Path) -> None:
    """Half of the heads go from either end, then all; one run more ranks heads, and one collects intact states."""
    encoder = load(save_transcriber(tmp_path / "model"), device="cpu")
    cuts = otoscope.read_corpus(corpus, on_skip=lambda file: None)
    schedule = otoscope.ScheduleOptions(by=("weight",), step=0.5, spans=())
    probing = otoscope.ProbingOptions(probes=("wer",), seeds=1)
    with counted("WhisperEncoder") as runs:
        run = otoscope.prune(encoder, cuts, tmp_path / "run", schedule=schedule, probing=probing)
    assert run.dataset["score"].sizes["step"] == 3
    assert sum(runs) == (2 + 4) * len(TEXTS)


def test_a_classifier_alone_runs_once_on_each_utterance(corpus: Path, tmp_path: Path) -> None:
    build_whole("HubertForSequenceClassification", tmp_path)
    data, probe = collected(tmp_path, corpus), PROBES.get("accuracy")
    scorers = {"accuracy": probe.scorer(data, Training(seeds=1), None)}
    with counted("HubertModel") as runs:
        sums = intervened_totals({"accuracy": probe}, scorers, data, lambda seconds: None)
    assert sum(runs) == len(TEXTS)
    np.testing.assert_array_equal(sums["accuracy"], totals(scorers, enumerate(data.hidden))["accuracy"])
