"""The probe `wer` counts word errors of the whole model, with its interventions, as a plain loop does."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from rapidfuzz.distance import Levenshtein
from tests.helpers.saved_transcriber import save_transcriber

import otoscope
from otoscope import InputError
from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import token_limit, transcribe_waves
from otoscope.decoders.word_errors import text_normalizer
from otoscope.models.load import load
from otoscope.probing import PROBES
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.runs.speech_source import SpeechSource, read_speech

LENGTHS = (8000, 24000, 16000)
TEXTS = ("v j b v j", "your dark suit", "")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_transcriber(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speech")
    for number, (length, text) in enumerate(zip(LENGTHS, TEXTS, strict=True)):
        (folder / f"speaker{number}").mkdir()
        tone = 0.1 * np.sin((0.2 + 0.2 * number) * np.arange(length))
        soundfile.write(folder / f"speaker{number}" / "a.wav", tone, 16000)
        (folder / f"speaker{number}" / "a.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(model, corpus):
    encoder = load(model, device="cpu")
    cuts = otoscope.read_corpus(corpus, on_skip=lambda file: None)  # the texts are no labels of a format
    return collect_hidden_states(encoder, read_speech(SpeechSource(cuts), encoder))


@torch.inference_mode()
def generated_text(transcriber, wave):
    limit = token_limit(len(wave))
    tokens = transcriber.model.generate(**transcriber.inputs([wave]), max_new_tokens=limit)[0]
    return transcriber.tokenizer.decode(tokens, skip_special_tokens=True)


def test_errors_are_those_of_the_text_that_the_model_generates_alone(data):
    scorer = PROBES.get("wer").scorer(data, Training(seeds=2), None)
    transcriber = load_transcriber(data.encoder.name)
    assert scorer.count.tolist() == [5, 3, 0]
    for index, (wave, text) in enumerate(zip(data.speech.waves, TEXTS, strict=True)):
        normalize = text_normalizer(transcriber)
        words = normalize(generated_text(transcriber, wave)).split()
        expected = Levenshtein.distance(text.split(), words) if text else 0
        assert scorer.total(index, data.hidden[index]).tolist() == [expected] * 2


def test_errors_are_those_of_a_model_without_the_removed_heads(data):
    """The reference removes the columns of the heads from the output projection of a copy."""
    transcriber = load_transcriber(data.encoder.name)
    size = transcriber.model.get_encoder().layers[0].self_attn.head_dim
    transcriber.model.get_encoder().layers[0].self_attn.out_proj.weight.data[:, : 2 * size] = 0
    scorer = PROBES.get("wer").scorer(data, Training(seeds=1), None)
    texts = transcribe_waves(transcriber, data.speech.waves)
    assert texts != [scorer.transcript(index, data.hidden[index]) for index in range(3)]
    with data.encoder.without_heads([(0, 0), (0, 1)]):
        assert texts == [scorer.transcript(index, data.hidden[index]) for index in range(3)]


def test_a_batch_gives_the_texts_of_its_items_alone(data):
    transcriber = load_transcriber(data.encoder.name)
    together = transcribe_waves(transcriber, data.speech.waves)
    assert together == [transcribe_waves(transcriber, [wave])[0] for wave in data.speech.waves]
    assert any(together)


def test_a_run_holds_the_untrained_encoder_beside_the_model(model, corpus, tmp_path):
    run = otoscope.probe(model, corpus, tmp_path / "run", probing=otoscope.ProbingOptions(probes=("wer",), seeds=1))
    total = run.dataset["total"].sel(probe="wer")
    assert run.dataset["count"].sel(probe="wer").values.tolist() == [5, 3, 0]
    assert not np.array_equal(total.sel(reader="intact"), total.sel(reader="untrained"))
    assert np.isnan(run.dataset["score"].sel(probe="wer", reader="majority"))


def test_a_model_without_a_decoder_and_speech_without_texts_are_refused(data, tmp_path):
    with pytest.raises(InputError, match="has no decoder"):
        PROBES.get("wer").check_model(replace(data.encoder, name=str(otoscope.bundled.model())))
    soundfile.write(tmp_path / "a.wav", np.full(16000, 0.1), 16000)
    with pytest.raises(InputError, match="expected texts for the probe 'wer'"):
        PROBES.get("wer").check_cuts(list(otoscope.read_corpus(tmp_path)))
