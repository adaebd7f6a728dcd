"""`faithfulness` runs on every output, refuses what is not there in one line, and resumes."""

import numpy as np
import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.whole_models import build_whole

import otoscope
from otoscope.attribution import OUTPUTS
from otoscope.attribution.faithfulness import choose_attributions
from otoscope.attribution.scored_output import OutputRequest
from otoscope.attribution.table import faithfulness_table
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.probing.mlp import Training
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import make_source, read_speech

TRAINING = Training(seeds=2, folds=2, width=8, steps=20, check=10, patience=1)
FEW = {"answers": 2, "heads": 1, "piece": 0.5}


@pytest.fixture(autouse=True)
def short_training(monkeypatch, tmp_path):
    monkeypatch.setattr("otoscope.attribution.faithfulness.training_config", lambda seeds: TRAINING)
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path / "cache"))


def no_cache(content, make):
    return make()


def choose(output, folder, corpus):
    """Return the encoder, its speech, and what draws outputs."""
    encoder = load(folder, device="cpu")
    speech = read_speech(make_source(corpus, SpeechOptions(limit=4)), encoder)
    return encoder, speech, OUTPUTS.get(output).make(OutputRequest(encoder, speech, TRAINING, no_cache))


def test_a_run_of_a_probe_has_agreements_and_curves_and_prints_them(tiny_pretrained, tiny_corpus, tmp_path):
    options = otoscope.FaithfulnessOptions(**FEW)
    run = otoscope.faithfulness(tiny_pretrained, tiny_corpus, tmp_path / "run", attribution=options)
    dataset = run.dataset
    assert np.isfinite(dataset["agreement"]).all()
    assert (dataset["curve"].isel(fraction=0) == 1).all()
    assert np.allclose(dataset["curve"].isel(fraction=-1), 0)
    assert int(dataset["head_left"].isel(utterance=0, score=0, fraction=0).notnull().sum()) == 3
    assert dataset["gain"].sel(order="random") == 0
    table = faithfulness_table(dataset)
    assert "diagonal heads agree better than vertical" in table
    again = otoscope.faithfulness(
        tiny_pretrained, tiny_corpus, tmp_path / "again", attribution=options, options=SpeechOptions(limit=4)
    )
    np.testing.assert_array_equal(again.dataset["left"], dataset["left"])


def test_a_stopped_run_resumes_with_what_is_stored(tiny_pretrained, tiny_corpus, tmp_path, monkeypatch):
    arguments = tiny_pretrained, tiny_corpus, tmp_path / "run"
    attribution = otoscope.FaithfulnessOptions(output="reconstruction", **FEW)
    measured = []
    measure = "otoscope.attribution.measure.MeasurePlan.measure"
    plain = otoscope.attribution.measure.MeasurePlan.measure

    def stop_at_third(plan, *rest):
        measured.append(1)
        if len(measured) == 3:
            raise KeyboardInterrupt
        return plain(plan, *rest)

    monkeypatch.setattr(measure, stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        otoscope.faithfulness(*arguments, attribution=attribution)
    otoscope.faithfulness(*arguments, attribution=attribution, options=SpeechOptions(resume=True))
    assert len(measured) == 5  # of four utterances, one twice


def test_without_drawn_heads_there_are_agreements_and_no_orders_of_heads(tiny_pretrained, tiny_corpus, tmp_path):
    attribution = otoscope.FaithfulnessOptions(output="reconstruction", **FEW | {"heads": 0})
    run = otoscope.faithfulness(tiny_pretrained, tiny_corpus, tmp_path / "run", attribution=attribution)
    assert run.dataset["group_gain"].isnull().all()
    assert np.isfinite(run.dataset["agreement"]).all()
    assert "attention, diagonal" not in faithfulness_table(run.dataset).partition("deleted in the order of")[2][:900]


def test_the_answer_of_a_probe_is_its_most_probable_class(tiny_pretrained, tiny_corpus):
    encoder, speech, chosen = choose("probe", tiny_pretrained, tiny_corpus)
    outputs = chosen(0, 3, np.random.default_rng(0))
    hidden = encoder.forward([speech.waves[0]]).hidden
    frame_n = outputs.reads_nt.argmax(-1)
    changed = outputs.scores(torch.cat([hidden, hidden + 1]))
    assert changed.shape == (2, 3)
    assert (changed <= 0).all()
    assert (outputs.reads_nt[range(3), frame_n] == 1).all()


def test_a_reconstruction_is_the_error_of_the_frame(tiny_pretrained, tiny_corpus):
    encoder, speech, chosen = choose("reconstruction", tiny_pretrained, tiny_corpus)
    outputs = chosen(1, 2, np.random.default_rng(0))
    hidden = encoder.forward([speech.waves[1]]).hidden
    head = otoscope.models.prediction_head.prediction_head(encoder)
    target = encoder.inputs([speech.waves[1]])["input_features"][0]
    rate = encoder.model.config.downsample_rate
    for number, frame in enumerate(outputs.reads_nt.argmax(-1)):
        error = (head(hidden[0, frame]) - target[frame * rate : (frame + 1) * rate].flatten()).abs().mean()
        torch.testing.assert_close(outputs.scores(hidden)[0, number], -error)


def test_a_ctc_token_is_the_one_that_the_whole_model_emits(tiny_corpus, tmp_path):
    folder = build_whole("Wav2Vec2ForCTC", tmp_path / "ctc")
    encoder, speech, chosen = choose("ctc", folder, tiny_corpus)
    outputs = chosen(0, 2, np.random.default_rng(0))
    whole = otoscope.models.load.load_whole(folder, device="cpu")[0]
    with torch.no_grad():
        logits = whole(**encoder.inputs([speech.waves[0]])).logits.log_softmax(-1)[0]
        scores = outputs.scores(encoder.forward([speech.waves[0]]).hidden)[0]
    torch.testing.assert_close(scores, logits.max(-1).values[outputs.reads_nt.argmax(-1)], rtol=1e-4, atol=1e-5)


def test_a_token_is_that_of_the_whole_model_and_reads_by_cross_attention(tiny_corpus, tmp_path):
    folder = save_transcriber(tmp_path / "whisper", seconds=10)
    encoder, speech, chosen = choose("token", folder, tiny_corpus)
    outputs = chosen(0, 2, np.random.default_rng(0))
    np.testing.assert_allclose(outputs.reads_nt.sum(-1), 1)
    hidden = otoscope.models.capture.forward_unhooked(encoder, [speech.waves[0]])
    with torch.no_grad():
        scores = outputs.scores(torch.cat([hidden, hidden * 0]))
    assert (scores[0] > scores[1]).any()
    assert (scores[0].exp() > 1 / 64).all()  # better than one of all tokens


@pytest.mark.parametrize(
    ("output", "message"),
    [("ctc", "expected a model with a CTC head"), ("token", "which has no decoder"), ("speed", "found 'speed'")],
)
def test_an_output_that_is_not_there_is_one_line_before_the_speech_is_read(tiny_pretrained, tmp_path, output, message):
    attribution = otoscope.FaithfulnessOptions(output=output)
    with pytest.raises(InputError, match=message):
        otoscope.faithfulness(tiny_pretrained, tmp_path, tmp_path / "run", attribution=attribution)
    assert not (tmp_path / "run").exists()


def test_missing_labels_and_short_speech_are_one_line(tiny_pretrained, tiny_corpus, tmp_path):
    arguments = tiny_pretrained, tiny_corpus, tmp_path / "run"
    long = otoscope.FaithfulnessOptions(output="reconstruction", piece=60.0)
    with pytest.raises(InputError, match="5 pieces or more, found none of 4"):
        otoscope.faithfulness(*arguments, attribution=long)
    for path in tiny_corpus.rglob("*.TextGrid"):
        path.unlink()
    with pytest.raises(InputError, match="expected phone labels for the probe 'phone'"):
        otoscope.faithfulness(*arguments)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("numbers", [{"answers": 0}, {"heads": -1}, {"piece": 0.0}, {"piece": float("nan")}])
def test_numbers_that_are_too_small_are_one_line(numbers):
    with pytest.raises(InputError, match="expected --"):
        otoscope.FaithfulnessOptions(**numbers)


def test_attributions_are_chosen_by_name_or_by_what_the_model_allows(tiny_pretrained, monkeypatch):
    encoder = load(tiny_pretrained, device="cpu")
    assert set(choose_attributions(("occlusion", "attention"), encoder).attributions) == {
        "occlusion",
        "attention",
        "distance",
    }
    with pytest.raises(InputError, match="expected a relevance and a score of heads in --attributions"):
        choose_attributions(("occlusion",), encoder)
    monkeypatch.setattr("otoscope.models.encoder.Encoder.unavailable_statistics", {"attention_norm": "a reason"})
    assert "a reason" in choose_attributions((), encoder).unavailable["attention-norm"]
    with pytest.raises(InputError, match="a reason; omit attention-norm"):
        choose_attributions(("occlusion", "attention-norm"), encoder)
