"""Before and after on a few utterances: words, decisions or hidden states, and the warning of a collapse."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tests.helpers.refinable_models import plain
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import build_whole

from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import text_normalizer, word_errors
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.refinement_effect import OutputForm, RefinementEffect

pytestmark = pytest.mark.slow

TEXTS = ("a cab", "she had your suit", "b")
REMOVED = [(0, 0), (1, 1)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    for number, text in enumerate(TEXTS):
        soundfile.write(folder / f"{number}.wav", noise(0.6 + 0.2 * number, seed=number), 16000)
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def waves_of(corpus: Path) -> list[np.ndarray]:
    return [soundfile.read(path, dtype="float32")[0] for path in sorted(corpus.glob("*.wav"))]


def test_word_errors_are_those_of_the_models_in_the_folders(corpus: Path, tmp_path: Path) -> None:
    """The reference transcribes with both folders, loaded anew."""
    model = save_transcriber(tmp_path / "model", seconds=6)
    done = refine(model, tmp_path / "out", remove=REMOVED, corpora=[corpus])
    before, after = (load_transcriber(folder) for folder in (model, tmp_path / "out"))
    texts = [transcribe_waves(each, waves_of(corpus)) for each in (before, after)]
    normalize = text_normalizer(before)

    def rate(references, transcripts):
        errors = [word_errors(normalize, *pair) for pair in zip(references, transcripts, strict=True)]
        return sum(each.errors for each in errors) / sum(each.words for each in errors)

    assert done.effect == RefinementEffect(
        OutputForm.words, 3, rate(*texts), (rate(TEXTS, texts[0]), rate(TEXTS, texts[1]))
    )
    assert "word error rate" in done.summary.splitlines()[-1 - done.effect.is_collapsed]


def test_decisions_are_those_of_the_classifier(corpus: Path, tmp_path: Path) -> None:
    model = build_whole("HubertForSequenceClassification", tmp_path / "model")
    every = [(layer, head) for layer in range(3) for head in range(4)]
    assert refine(model, tmp_path / "same", remove=[], corpora=[corpus]).effect.changed == 0
    effect = refine(model, tmp_path / "out", remove=every, corpora=[corpus]).effect
    assert (effect.form, effect.utterances) == (OutputForm.decisions, 3)
    assert effect.changed in (0, 1 / 3, 2 / 3, 1)


def test_hidden_states_are_compared_where_there_is_no_task(original, corpus: Path, tmp_path: Path) -> None:
    options = RefinementOptions(span=2)
    effect = refine(original("hubert-layer"), tmp_path / "out", corpora=[corpus], options=options).effect
    pairs = [
        [plain(folder, [wave]) for folder in (original("hubert-layer"), tmp_path / "out")] for wave in waves_of(corpus)
    ]
    expected = np.mean([float(torch.linalg.norm(a - b) / torch.linalg.norm(a)) for a, b in pairs])
    assert effect.changed == pytest.approx(expected, rel=1e-4)


def test_a_collapse_is_a_warning() -> None:
    assert (
        "warning: more than half of the output changed" in RefinementEffect(OutputForm.words, 8, 0.9, (0.1, 0.95)).text
    )
    assert "warning" not in RefinementEffect(OutputForm.words, 8, 0.1, (0.1, 0.15)).text


def test_without_a_corpus_nothing_is_compared(tmp_path: Path) -> None:
    assert refine("bundled", tmp_path / "out", remove=[(0, 0)]).effect is None
