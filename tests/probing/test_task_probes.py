"""The probes `ctc`, `wer` and `accuracy` score the model's own head, with its interventions, as a plain loop does."""

from pathlib import Path

import pytest
import soundfile
import torch
import transformers
from tests.helpers.saved_letters import LETTERS, save_letter_model
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import build_whole

import otoscope
from otoscope.decoders.word_errors import word_errors
from otoscope.errors import InputError
from otoscope.importance.loss import get_loss
from otoscope.models.load import load
from otoscope.probing import PROBES
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.runs.speech_source import SpeechSource, read_speech

pytestmark = pytest.mark.slow

TEXTS = ("a cab", "bad deed", "")
SPEAKERS = ("f", "m", "f")
REMOVED = [(0, 0), (0, 1), (2, 3)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    for number, (text, speaker) in enumerate(zip(TEXTS, SPEAKERS, strict=True)):
        (folder / speaker).mkdir(exist_ok=True)
        soundfile.write(folder / speaker / f"{number}.wav", noise(0.6 + 0.2 * number, seed=number), 16000)
        (folder / speaker / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def collected(model: Path, corpus: Path) -> ProbeData:
    encoder = load(model, device="cpu")
    cuts = otoscope.read_corpus(corpus, on_skip=lambda file: None)  # the texts are no labels of a format
    return collect_hidden_states(encoder, read_speech(SpeechSource(cuts), encoder))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> ProbeData:
    return collected(save_letter_model(tmp_path_factory.mktemp("letters")), corpus)


def classifier(name: str, folder: Path, corpus: Path) -> ProbeData:
    """Return the data of a tiny classifier of speakers `f` and `m`."""
    build_whole(name, folder)
    config = transformers.AutoConfig.from_pretrained(folder)
    config.id2label, config.label2id = {0: "M", 1: "F"}, {"M": 0, "F": 1}
    config.save_pretrained(folder)
    return collected(folder, corpus)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> ProbeData:
    return classifier("HubertForSequenceClassification", tmp_path_factory.mktemp("classes"), corpus)


def texts_of(data: ProbeData) -> list[str]:
    return [TEXTS[int(str(cut.id)[-1])] for cut in data.speech.cuts]


def without_heads(name: str, folder: str) -> torch.nn.Module:
    """Return the whole model with the columns of the removed heads set to zero."""
    whole = getattr(transformers, name).from_pretrained(folder).eval()
    for layer, head in REMOVED:
        output = next(m for path, m in whole.named_modules() if path.endswith(f"layers.{layer}.attention.out_proj"))
        size = output.in_features // 4
        output.weight.data[:, head * size : (head + 1) * size] = 0
    return whole


def test_the_ctc_loss_and_the_words_are_those_of_the_whole_model(letters: ProbeData) -> None:
    whole = without_heads("Wav2Vec2ForCTC", letters.encoder.name)
    ctc, wer = (PROBES.get(name).scorer(letters, Training(seeds=2), None) for name in ("ctc", "wer"))
    with letters.encoder.without_heads(REMOVED):
        hidden = [letters.encoder.forward([wave]).hidden[0] for wave in letters.speech.waves]
    for index, (wave, text) in enumerate(zip(letters.speech.waves, texts_of(letters), strict=True)):
        labels = [LETTERS.index(letter) for letter in text.replace(" ", "|")]
        assert ctc.count[index] == len(labels)
        if not text:
            assert ctc.total(index, hidden[index]).tolist() == wer.total(index, hidden[index]).tolist() == [0, 0]
            continue
        with torch.no_grad():
            output = whole(**letters.encoder.inputs([wave]), labels=torch.tensor([labels]))
        assert ctc.total(index, hidden[index]) == pytest.approx([float(output.loss)] * 2, rel=1e-4)
        transcript = wer.reader.tokenizer.decode(output.logits[0].argmax(-1))
        assert wer.transcript(index, hidden[index]) == transcript.strip()
        assert wer.total(index, hidden[index])[0] == word_errors(wer.normalize, text, transcript).errors


def test_decisions_are_those_of_the_whole_model(classes: ProbeData) -> None:
    """Speakers `f` and `m` are the classes, without regard to case."""
    scorer = PROBES.get("accuracy").scorer(classes, Training(seeds=2), None)
    assert sorted(scorer.classes.tolist()) == [0, 1, 1]
    assert scorer.majority.tolist() == [(scorer.classes == 1).astype(float).tolist()] * 2
    whole = without_heads("HubertForSequenceClassification", classes.encoder.name)
    with classes.encoder.without_heads(REMOVED), torch.no_grad():
        for index, wave in enumerate(classes.speech.waves):
            decision = int(whole(**classes.encoder.inputs([wave])).logits.argmax())
            assert scorer.total(index, classes.hidden[index]).tolist() == [decision == scorer.classes[index]] * 2


@pytest.mark.parametrize("name", ["Wav2Vec2ForXVector", "UniSpeechSatForAudioFrameClassification"])
def test_classifiers_of_voices_and_of_frames_are_scored(corpus: Path, tmp_path: Path, name: str) -> None:
    """The score of an utterance is the share of its frames whose class is correct; x-vectors are nearest to a class."""
    data = classifier(name, tmp_path, corpus)
    scorer = PROBES.get("accuracy").scorer(data, Training(seeds=1), None)
    whole = getattr(transformers, name).from_pretrained(tmp_path).eval()
    with torch.no_grad():
        logits = whole(**data.encoder.inputs(data.speech.waves[:1])).logits[0]
        if name == "Wav2Vec2ForXVector":  # by hand: the cosine with the weight of each class, times its scale
            logits = torch.stack(
                [30 * torch.cosine_similarity(logits, weight, dim=0) for weight in whole.objective.weight.T]
            )
        logits = logits.reshape(-1, 2)
    decisions = [int(row.argmax()) == scorer.classes[0] for row in logits]
    assert scorer.total(0, data.hidden[0]) == pytest.approx([sum(decisions) / len(decisions)])
    losses = torch.nn.functional.cross_entropy(logits, torch.full((len(logits),), int(scorer.classes[0])))
    assert float(scorer.loss(0, data.hidden[0])) == pytest.approx(float(losses), rel=1e-4)
    with pytest.raises(InputError, match="does not read its final hidden states alone"):
        get_loss("task", data.encoder, data.speech)


@pytest.mark.parametrize("name", ["letters", "classes"])
def test_the_loss_of_the_task_is_that_of_the_whole_model(
    request: pytest.FixtureRequest, corpus: Path, name: str
) -> None:
    """With gradients, so that rankings by gates can use it."""
    data: ProbeData = request.getfixturevalue(name)
    encoder = data.encoder
    picked = [index for index, text in enumerate(texts_of(data)) if text]
    speech = read_speech(
        SpeechSource(
            otoscope.read_corpus(corpus, on_skip=lambda file: None).subset(
                cut_ids=[data.speech.cuts[index].id for index in picked]
            )
        ),
        encoder,
    )
    batch = get_loss("task", encoder, speech).batch([1])
    with torch.no_grad():
        hidden = batch.hidden(encoder.forward_unhooked([speech.waves[1]]))
    hidden.requires_grad_()
    loss = batch.loss(hidden)
    if name == "letters":
        scorer = PROBES.get("ctc").scorer(data, Training(seeds=1), None)
        expected = scorer.loss(picked[1], data.hidden[picked[1]])
    else:
        expected = PROBES.get("accuracy").scorer(data, Training(seeds=1), None).loss(picked[1], hidden[0])
    assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-4)
    assert torch.autograd.grad(loss.sum(), hidden)[0].abs().max() > 0


def test_what_a_task_lacks_is_one_line(letters: ProbeData, classes: ProbeData) -> None:
    for name, encoder, message in (
        ("ctc", classes.encoder, "expected a model with a CTC head and a tokenizer"),
        ("accuracy", letters.encoder, "expected a model that classifies utterances"),
        ("ctc", load("bundled", device="cpu"), "expected a model with a CTC head"),
    ):
        with pytest.raises(InputError, match=message):
            PROBES.get(name).check_model(encoder)
    with pytest.raises(InputError, match="expected texts for the probe 'ctc'"):
        PROBES.get("ctc").check_cuts([cut for cut in letters.speech.cuts if str(cut.id).endswith("2")])
    with pytest.raises(InputError, match="expected a text of every utterance for the loss 'task', found none of"):
        get_loss("task", letters.encoder, letters.speech)
