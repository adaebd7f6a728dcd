"""Tuning brings a refined model nearer to the original, the same way each time."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import build_whole
from transformers import AutoModelForCTC, AutoModelForSpeechSeq2Seq

from otoscope import bundled
from otoscope.corpus import read_corpus
from otoscope.decoders.teacher_forcing import text_tokens
from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement import tuning_target
from otoscope.refinement.builder import build
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source
from otoscope.refinement.tune import Tuner
from otoscope.refinement.tuning_speech import make_tuning_speech
from otoscope.refinement.tuning_target import LogitsDistance, states_distance
from otoscope.runs.options import SelectionOptions
from otoscope.runs.speech_source import LoadedSpeech

pytestmark = pytest.mark.slow

FEW = SelectionOptions(limit=6)
REMOVED = [(layer, head) for layer in range(6) for head in range(4)]


def test_a_few_steps_bring_it_nearer(tmp_path: Path, corpora: Path) -> None:
    speech = str(corpora / "timit-sample")
    original = load("bundled", device="cpu")
    refine("bundled", tmp_path / "plain", remove=REMOVED, options=RefinementOptions(span=32))
    tuning = RefinementOptions(span=32, tune=6)
    refine("bundled", tmp_path / "tuned", remove=REMOVED, corpora=[speech], options=tuning, selection=FEW)
    plain, tuned = (load(tmp_path / name, device="cpu").model for name in ("plain", "tuned"))
    waves = [original.load_wave(cut) for cut in list(read_corpus(bundled.speech()))[:2]]
    with torch.no_grad():
        away = [float(sum(states_distance(original, model, [wave]) for wave in waves)) for model in (plain, tuned)]
    assert away[1] < 0.9 * away[0]
    torch.testing.assert_close(tuned.input.projection.weight, original.model.input.projection.weight)


def test_speech_without_two_long_utterances_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otoscope.refinement.tuning_speech.CROP", 400.0)
    with pytest.raises(InputError, match=r"expected two utterances of 400 s or longer for --tune.* found 0 of "):
        refine("bundled", tmp_path / "out", corpora=["bundled"], options=RefinementOptions(span=4, tune=1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rank", [None, 2])
def test_the_encoder_of_a_transcriber_is_tuned(tmp_path: Path, rank: int | None) -> None:
    """Of a whole model, with all weights or with adapters, which are merged; the decoder stays."""
    model = save_transcriber(tmp_path / "model", seconds=6)
    options = RefinementOptions(span=4, tune=2, tune_rank=rank)
    refine(model, tmp_path / "plain", options=RefinementOptions(span=4))
    done = refine(model, tmp_path / "out", corpora=["bundled"], options=options)
    assert done.tuning.best_step == 2
    weights = [AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / name).state_dict() for name in ("plain", "out")]
    changed = {name for name, weight in weights[0].items() if not torch.equal(weight, weights[1][name])}
    assert weights[0].keys() == weights[1].keys()
    assert changed
    assert all(name.startswith("model.encoder.layers.") for name in changed)
    if rank is not None:
        change = weights[1]["model.encoder.layers.0.fc1.weight"] - weights[0]["model.encoder.layers.0.fc1.weight"]
        assert int(torch.linalg.matrix_rank(change, rtol=1e-3)) == rank


class InterruptedTuningError(Exception):
    """Ends a tuning as Ctrl-C would."""


def test_an_interrupted_tuning_resumes_with_the_same_weights(
    original, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a second tuning gives that was not interrupted: all draws are seeded."""
    monkeypatch.setattr("otoscope.refinement.tune.EVERY", 2)
    tuning, model = RefinementOptions(tune=4), original("mockingjay")
    refine(model, tmp_path / "once", remove=[(0, 0)], corpora=["bundled"], options=tuning)
    step, steps = Tuner._step, []

    def stop_at_third(tuner: Tuner) -> None:
        steps.append(1)
        if len(steps) == 4:
            raise InterruptedTuningError
        step(tuner)

    monkeypatch.setattr(Tuner, "_step", stop_at_third)
    with pytest.raises(InterruptedTuningError):
        refine(model, tmp_path / "twice", remove=[(0, 0)], corpora=["bundled"], options=tuning)
    with pytest.raises(InputError, match=r"holds an unfinished tuning; .* --resume"):
        refine(model, tmp_path / "twice", remove=[(0, 0)], corpora=["bundled"], options=tuning)
    with pytest.raises(InputError, match=r"was made by another plan: options\.span is none there, 9 now"):
        refine(model, tmp_path / "twice", remove=[(0, 0)], corpora=["bundled"], options=replace(tuning, span=9))
    done = refine(model, tmp_path / "twice", remove=[(0, 0)], corpora=["bundled"], options=replace(tuning, resume=True))
    assert len(steps) == 6
    assert done.tuning.step == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["once", "twice"]
    weights = [load(tmp_path / name, device="cpu").model.state_dict() for name in ("once", "twice")]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weight, weights[1][name], rtol=0, atol=0, msg=name)


def test_the_best_step_on_held_out_speech_is_used(original, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate that destroys the model leaves it as it was before."""
    monkeypatch.setattr("otoscope.refinement.tune.RATE", 1e3)
    monkeypatch.setattr("otoscope.refinement.tune.EVERY", 1)
    for name, options in (("plain", RefinementOptions()), ("tuned", RefinementOptions(tune=9))):
        done = refine(original("mockingjay"), tmp_path / name, remove=[(0, 0)], corpora=["bundled"], options=options)
    assert (done.tuning.best_step, done.tuning.step) == (0, 4)
    weights = [load(tmp_path / name, device="cpu").model.state_dict() for name in ("plain", "tuned")]
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())


def test_silence_that_fills_a_window_does_not_count(original) -> None:
    """By hand: the states of the frames of the audio alone, of every layer."""
    encoder = load(original("whisper"), device="cpu")
    other = load(original("whisper"), device="cpu")
    with torch.no_grad():
        other.model.layers[0].fc2.bias += 0.5
    wave = noise(1.0)
    with torch.no_grad():
        states = [
            each.model(**each.inputs([wave]), output_hidden_states=True).hidden_states[1:] for each in (other, encoder)
        ]
        frames = encoder.num_frames(wave)
        pairs = [(a[0, :frames], b[0, :frames]) for a, b in zip(*states, strict=True)]
        expected = sum(float((a - b).square().mean() / b.var()) for a, b in pairs) / len(pairs)
        assert float(states_distance(encoder, other.model, [wave])) == pytest.approx(expected)
    assert frames < states[0][0].shape[1]


def test_windows_are_filled_with_whole_utterances(original) -> None:
    encoder = load(original("whisper"), device="cpu")
    waves = [noise(seconds, seed=at) for at, seconds in enumerate((1.0, 2.0, 1.5, 2.5))]
    speech = make_tuning_speech(encoder, LoadedSpeech([None] * 4, waves, []))
    assert len(speech.training) == 3
    for seed in range(5):
        (wave,) = speech.draw(np.random.default_rng(seed))
        assert len(wave) <= 6 * 16000
        assert any(np.array_equal(wave[: len(each)], each) for each in speech.training)


def by_hand(wanted: torch.Tensor, logits: torch.Tensor) -> list[float]:
    """Return the divergence of each row of logits from others."""
    p, q = wanted.double().softmax(-1), logits.double().softmax(-1)
    return (p * (p.log() - q.log())).sum(-1).flatten().tolist()


def counted_transcripts(written: list[int], transcriber, waves):
    """Transcribe, and add the number of waves to a list."""
    written.append(len(waves))
    return transcribe_waves(transcriber, waves)


def test_the_distance_of_logits_is_the_mean_divergence_of_tokens_or_frames(tmp_path: Path, monkeypatch) -> None:
    """The decoder reads the original's own transcript, written once; tokens of the prompt do not count."""
    folders = {"ctc": build_whole("HubertForCTC", tmp_path), "decoder": save_transcriber(tmp_path / "m", seconds=6)}
    waves = [noise(0.9), noise(0.6, seed=1)]
    for kind, folder in folders.items():
        source = read_source(folder)
        changed = build(source)
        with torch.no_grad():
            for weight in refined_encoder(changed).parameters():
                weight += 0.02 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
            rows = []
            for wave in waves:
                inputs = dict(source.encoder.inputs([wave]))
                if kind == "decoder":
                    transcriber = load_transcriber(folder, device="cpu")
                    tokens = text_tokens(transcriber, transcribe_waves(transcriber, [wave])[0])
                    assert len(tokens) > 3
                    inputs["decoder_input_ids"] = torch.tensor([tokens[:-1]])
                plain = AUTO[kind].from_pretrained(folder)
                rows += by_hand(plain(**inputs).logits, changed(**inputs).logits)
            distance, written = LogitsDistance(source, changed), []
            with monkeypatch.context() as patch:
                patch.setattr(tuning_target, "transcribe_waves", partial(counted_transcripts, written))
                expected = float(distance(waves))
                assert float(distance(waves[::-1])) == pytest.approx(expected)
        assert written == ([1, 1] if kind == "decoder" else [])
        assert expected == pytest.approx(np.mean(rows), rel=1e-3)
        assert expected > 1e-6


AUTO = {"ctc": AutoModelForCTC, "decoder": AutoModelForSpeechSeq2Seq}


def test_tuning_by_logits_changes_the_encoder_alone_and_lowers_their_distance(tmp_path: Path) -> None:
    model = save_transcriber(tmp_path / "model", seconds=6)
    options = RefinementOptions(tune=3, tune_target="logits", span=4)
    refine(model, tmp_path / "plain", options=RefinementOptions(span=4))
    done = refine(model, tmp_path / "out", corpora=["bundled"], options=options, selection=SelectionOptions(limit=4))
    assert done.tuning.history[-1] < done.tuning.history[0]
    assert "distance of the logits on held-out speech" in done.summary
    weights = [AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / name).state_dict() for name in ("plain", "out")]
    changed = {name for name, weight in weights[0].items() if not torch.equal(weight, weights[1][name])}
    assert changed
    assert all(name.startswith("model.encoder.layers.") for name in changed)


def test_logits_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    options = RefinementOptions(tune=3, tune_target="logits", span=4)
    with pytest.raises(
        InputError, match=r"expected a model with a decoder, a CTC head or a classifier for --tune-targ"
    ):
        refine("bundled", tmp_path / "out", corpora=["bundled"], options=options)
    for wrong in ({"tune_target": "logits"}, {"tune": 3, "tune_target": "beauty"}):
        with pytest.raises(InputError, match="expected --tune with --tune-target states or logits"):
            RefinementOptions(**wrong)
    assert not list(tmp_path.iterdir())
