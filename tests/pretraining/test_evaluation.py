"""Masked L1 equals a computation by hand, for the model and for the two baselines."""

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayConfig, MockingjayForPreTraining
from otoscope.pretraining import evaluation
from otoscope.pretraining.evaluation import evaluate
from otoscope.pretraining.feature_store import Features
from otoscope.pretraining.masking import Masking, choose_frames


def tiny_model(**changes: int) -> MockingjayForPreTraining:
    torch.manual_seed(0)
    shape = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    return MockingjayForPreTraining(MockingjayConfig(**shape | changes))


def features_of(*utterances: np.ndarray) -> Features:
    starts = np.cumsum([0, *map(len, utterances)])
    return Features(np.concatenate(utterances).astype(np.float16), starts)


def test_mean_and_nearest_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1 2 4 8 and 5 5 9, the second frame of each is hidden.

    Mean of the others: 13/3 and 7, so errors 7/3 and 2. The nearest (the earlier of two): 1 and 5, so errors 1 and 0.
    """

    def second(length: int, *_: object) -> np.ndarray:
        return np.arange(length) == 1

    monkeypatch.setattr(evaluation, "choose_frames", second)
    features = features_of(np.array([[1.0], [2], [4], [8]]), np.array([[5.0], [5], [9]]))
    found = evaluate(tiny_model(num_mel_bins=1, target_size=1, downsample_rate=1), features, Masking(span=1))
    assert found.mean == pytest.approx((7 / 3 + 2) / 2)
    assert found.nearest == pytest.approx(1 / 2)
    assert found.frames == 2


def test_all_three_agree_with_a_literal_loop() -> None:
    rng = np.random.default_rng(0)
    utterances = [rng.normal(size=(length, 80)) for length in (100, 10, 131, 64)]
    features, masking, model = features_of(*utterances), Masking(span=3), tiny_model().eval()
    errors: dict[str, list[float]] = {"model": [], "mean": [], "nearest": []}
    for utterance in (0, 2, 3):  # 10 frames are less than two runs of 3 x 3
        clean = features[utterance][: len(features[utterance]) // 3 * 3]
        chosen = choose_frames(len(clean) // 3, masking, np.random.default_rng([0, utterance]))
        hidden = clean.copy()
        for t in np.flatnonzero(chosen):
            hidden[3 * t : 3 * t + 3] = 0
        with torch.no_grad():
            guess = model(torch.from_numpy(hidden)[None]).prediction[0].numpy().reshape(-1, 80)
        kept = [t for t in range(len(chosen)) if not chosen[t]]
        for t in np.flatnonzero(chosen):
            truth = clean[3 * t : 3 * t + 3]
            near = min(kept, key=lambda k: abs(k - t))
            mean = sum(clean[3 * k : 3 * k + 3] for k in kept) / len(kept)
            errors["model"].append(np.abs(guess[3 * t : 3 * t + 3] - truth).mean())
            errors["mean"].append(np.abs(mean - truth).mean())
            errors["nearest"].append(np.abs(clean[3 * near : 3 * near + 3] - truth).mean())
    found = evaluate(model, features, masking)
    assert found.frames == len(errors["model"])
    for name, values in errors.items():
        assert getattr(found, name) == pytest.approx(np.mean(values), rel=1e-5), name


def test_evaluation_repeats_itself_even_with_dropout_in_the_model() -> None:
    features = features_of(np.random.default_rng(1).normal(size=(90, 80)))
    model = tiny_model().train()
    assert evaluate(model, features, Masking()) == evaluate(model, features, Masking())


def test_speech_too_short_to_be_masked_is_refused() -> None:
    with pytest.raises(InputError, match="no utterance is as long as two masked runs of 90 ms"):
        evaluate(tiny_model(), features_of(np.zeros((17, 80))), Masking(span=3))


def test_an_utterance_with_nothing_left_to_see_is_refused() -> None:
    with pytest.raises(InputError, match="no utterance"):
        evaluate(tiny_model(), features_of(np.zeros((60, 80))), Masking(span=1, proportion=1.0))
