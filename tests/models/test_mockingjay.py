"""Our port of Mockingjay: the features it was trained on, its shapes, its padding, and its way to disk and back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.tiny_models import SHAPE, noise, randomize_weights, save

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.models.mockingjay import (
    MockingjayConfig,
    MockingjayFeatureExtractor,
    MockingjayForPreTraining,
    MockingjayModel,
)
from otoscope.models.mockingjay.modeling import sinusoids, stack_frames

WAVE = noise(1.01)


def recipe(wave: np.ndarray) -> np.ndarray:
    """The features as the original code makes them, `[frames, 80]`, spelled out frame by frame in float64."""
    wave = wave.astype(np.float64)
    wave = wave * 10 ** (-25 / 20) / np.sqrt(np.mean(wave**2))
    mirrored = np.pad(wave, 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.stack([mirrored[start : start + 400] * window for start in range(0, len(wave) + 1, 160)])
    power = np.abs(np.fft.rfft(frames)) ** 2
    log_mel = np.log(power @ triangles().T + 1e-10)
    return (log_mel - log_mel.mean(axis=0)) / log_mel.std(axis=0, ddof=1)


def triangles() -> np.ndarray:
    """80 triangles `[80, 201]`, evenly spaced on the HTK mel scale from 0 to 8000 Hz, each of height 1."""
    mels = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 82)
    corners = 700 * (10 ** (mels / 2595) - 1)
    hertz = np.linspace(0, 8000, 201)
    peaks = zip(corners, corners[1:], corners[2:], strict=False)
    return np.stack([np.interp(hertz, corner, [0, 1, 0], left=0, right=0) for corner in peaks])


def test_features_are_those_of_the_original_recipe() -> None:
    features = MockingjayFeatureExtractor()(WAVE, sampling_rate=16000, return_tensors="np")["input_features"][0]
    assert features.shape == (1 + len(WAVE) // 160, 80)
    np.testing.assert_allclose(features, recipe(WAVE), rtol=0, atol=2e-3)


def test_features_do_not_depend_on_how_loud_the_recording_is() -> None:
    extractor = MockingjayFeatureExtractor()
    loud, soft = (extractor.log_mel(WAVE * gain) for gain in (1.0, 0.01))
    torch.testing.assert_close(loud, soft, rtol=0, atol=1e-3)


def test_each_utterance_is_normalised_over_its_own_frames_and_padded_with_zeros() -> None:
    extractor = MockingjayFeatureExtractor()
    waves = [WAVE, noise(0.5, seed=3)]
    batch = extractor(waves, sampling_rate=16000, return_tensors="np")
    for features, mask, wave in zip(batch["input_features"], batch["attention_mask"], waves, strict=True):
        frames = 1 + len(wave) // 160
        np.testing.assert_array_equal(features[:frames], extractor(wave, return_tensors="np")["input_features"][0])
        assert not features[frames:].any()
        assert mask.tolist() == [1] * frames + [0] * (len(mask) - frames)


def test_silence_gives_finite_features() -> None:
    features = MockingjayFeatureExtractor()(np.zeros(8000, np.float32), return_tensors="np")["input_features"]
    assert not features.any()


def test_another_sampling_rate_and_too_little_audio_are_refused() -> None:
    with pytest.raises(ValueError, match="expected audio at 16000 Hz, got 8000 Hz"):
        MockingjayFeatureExtractor()(WAVE, sampling_rate=8000)
    with pytest.raises(ValueError, match="audio of 200 samples is shorter than one frame"):
        MockingjayFeatureExtractor()(WAVE[:200], sampling_rate=16000)


def test_stacking_lays_frames_side_by_side_and_drops_the_remainder() -> None:
    frames = torch.arange(2 * 8 * 3).reshape(2, 8, 3)
    stacked = stack_frames(frames, 3)
    assert stacked.shape == (2, 2, 9)
    for item in range(2):
        for t in range(2):
            assert stacked[item, t].tolist() == [x for i in range(3) for x in frames[item, 3 * t + i].tolist()]


def test_positions_are_the_sinusoids_of_the_transformer() -> None:
    code = sinusoids(torch.arange(50), 6)
    for t in (0, 1, 49):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            assert code[t, 2 * i] == pytest.approx(np.sin(angle), abs=1e-5)
            assert code[t, 2 * i + 1] == pytest.approx(np.cos(angle), abs=1e-5)


@pytest.mark.parametrize("rate", [1, 2, 3])
def test_a_padded_batch_equals_its_utterances_alone(rate: int) -> None:
    """Also where the shorter one ends within a stack of frames: the incomplete frame is padding."""
    torch.manual_seed(0)
    model = randomize_weights(MockingjayModel(MockingjayConfig(**SHAPE, downsample_rate=rate))).double().eval()
    features = torch.randn(2, 101, 80, dtype=torch.float64)
    mask = torch.ones(2, 101, dtype=torch.long)
    mask[1, 50:] = 0
    with torch.no_grad():
        together = model(features, attention_mask=mask).last_hidden_state
        alone = [model(features[:1]), model(features[1:, :50])]
    for batched, one in zip(together, alone, strict=True):
        expected = one.last_hidden_state[0]
        torch.testing.assert_close(batched[: len(expected)], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("target", [80, 201])
def test_the_prediction_head_reconstructs_every_stacked_frame(target: int) -> None:
    model = MockingjayForPreTraining(MockingjayConfig(**SHAPE, target_size=target)).eval()
    output = model(torch.randn(2, 100, 80))
    assert output.prediction.shape == (2, 33, 3 * target)
    assert output.last_hidden_state.shape == (2, 33, 48)
    assert output.loss is None


def test_the_loss_is_l1_over_masked_frames_alone() -> None:
    model = MockingjayForPreTraining(MockingjayConfig(**SHAPE, downsample_rate=2)).eval()
    features, labels = torch.randn(2, 10, 80), torch.randn(2, 10, 80)
    masked = torch.zeros(2, 5, dtype=torch.bool)
    masked[0, 1] = masked[1, 3] = masked[1, 4] = True
    with torch.no_grad():
        output = model(features, labels=labels, masked=masked)
    error = [
        (output.prediction[u, t] - torch.cat([labels[u, 2 * t], labels[u, 2 * t + 1]])).abs().mean()
        for u, t in ((0, 1), (1, 3), (1, 4))
    ]
    assert float(output.loss) == pytest.approx(float(sum(error)) / 3, rel=1e-6)


def test_a_saved_model_loads_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = MockingjayForPreTraining(MockingjayConfig(**SHAPE)).eval()
    model.save_pretrained(tmp_path)
    again = MockingjayForPreTraining.from_pretrained(tmp_path).eval()
    features = torch.randn(1, 30, 80)
    with torch.no_grad():
        torch.testing.assert_close(again(features).prediction, model(features).prediction, rtol=0, atol=0)
        encoded = MockingjayModel.from_pretrained(tmp_path).eval()(features).last_hidden_state
        torch.testing.assert_close(encoded, model(features).last_hidden_state, rtol=0, atol=0)


def test_half_precision_weights_load_as_float32(tmp_path: Path) -> None:
    """As the bundled model is stored: the numbers are those of the rounded weights, computed in float32."""
    torch.manual_seed(0)
    model = randomize_weights(MockingjayModel(MockingjayConfig(**SHAPE))).half()
    encoder = load(save(model, tmp_path), device="cpu")
    assert {p.dtype for p in encoder.model.parameters()} == {torch.float32}
    features = MockingjayFeatureExtractor()(WAVE, return_tensors="pt")["input_features"]
    with torch.no_grad():
        expected = model.float().eval()(features).last_hidden_state
    torch.testing.assert_close(encoder.forward([WAVE]).hidden, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("rate", "period"), [(1, 0.01), (2, 0.02), (3, 0.03)])
def test_the_frame_period_follows_from_the_stacking(tmp_path: Path, rate: int, period: float) -> None:
    model = randomize_weights(MockingjayModel(MockingjayConfig(**SHAPE, downsample_rate=rate)))
    encoder = load(save(model, tmp_path), device="cpu")
    assert encoder.frame_period == pytest.approx(period)
    assert encoder.model.config.frame_period == pytest.approx(period)
    with pytest.raises(InputError, match="shorter than one frame"):
        encoder.forward([WAVE[:200]])
