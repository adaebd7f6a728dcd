"""`layers` reads every depth from one run of the model, with controls that know less."""

import numpy as np
import pytest
import torch
from tests.helpers.tiny_models import noise

import otoscope
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.patching.options import PatchOptions
from otoscope.probing import PROBES
from otoscope.representations.options import LayerOptions
from otoscope.representations.shuffled_labels import shuffle_runs
from otoscope.representations.similarity import MAX_FRAMES, cka, pairwise_hsic
from otoscope.representations.states import record_states
from otoscope.representations.tables import layer_table

pytestmark = pytest.mark.slow

WAVES = [noise(0.7), noise(1.2, seed=1)]


def test_hsic_is_the_mean_over_quadruples_of_different_frames():
    """Gretton's definition, of which the formula is a shorter form."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    K, L = x @ x.T, y @ y.T
    every = range(6)
    terms = [
        K[i, j] * (L[i, j] + L[q, r] - 2 * L[i, q])
        for i in every
        for j in every
        for q in every
        for r in every
        if len({i, j, q, r}) == 4
    ]
    measured = pairwise_hsic([torch.from_numpy(x), torch.from_numpy(y)])[0, 1]
    assert measured == pytest.approx(np.mean(terms), rel=1e-12)


def test_similarity_ignores_rotation_and_scale():
    x = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))
    rotation = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(1))).Q
    np.testing.assert_allclose(cka(pairwise_hsic([x, 3 * x @ rotation + 5])), 1, atol=1e-6)


def test_frames_of_noise_are_not_similar():
    """The estimate is unbiased: without it, CKA of noise in many features is near one."""
    x, y = torch.randn(2, MAX_FRAMES, 400, generator=torch.Generator().manual_seed(0))
    assert abs(cka(pairwise_hsic([x, y]))[0, 1]) < 0.1


def test_states_of_a_batch_are_those_of_its_utterances():
    encoder = load("bundled")
    with record_states(encoder) as together:
        encoder.forward(WAVES)
    for index, wave in enumerate(WAVES):
        states = encoder.representations(wave)
        for depth, state in enumerate(states):
            own = together[0][depth + 1][index, : len(state)].numpy()
            np.testing.assert_allclose(own, state, atol=1e-4)


def test_a_model_runs_once_on_each_utterance(monkeypatch, tmp_path):
    encoder, seconds = load("bundled"), []
    forward = encoder.model.forward
    monkeypatch.setattr(encoder.model, "forward", lambda *a, **k: seconds.append(len(a) + len(k)) or forward(*a, **k))
    options = otoscope.SpeechOptions(limit=1)
    otoscope.layers(encoder, "bundled", tmp_path / "run", reading=otoscope.LayerOptions(probes=()), options=options)
    assert len(seconds) == 1


def test_runs_of_classes_exchange_their_classes_and_keep_their_lengths():
    classes = [torch.tensor([0, 0, 1, -1]), torch.tensor([2, 2, 2])]
    shuffled = shuffle_runs(classes, np.random.default_rng(3))
    assert sorted(int(each) for one in shuffled for each in one.unique() if each >= 0) == [0, 1, 2]
    assert (shuffled[0][0] == shuffled[0][1]).item()
    assert shuffled[0][3] == -1


def test_each_depth_has_scores_controls_and_selectivity_and_a_model_is_like_itself(
    tiny_pretrained, tiny_corpus, tmp_path
):
    reading = otoscope.LayerOptions(probes=("speaker-frame",), seeds=1, against=str(tiny_pretrained))
    dataset = otoscope.layers(tiny_pretrained, tiny_corpus, tmp_path / "run", reading=reading).dataset
    score = dataset["score"]
    assert score.dims == ("probe", "depth", "reader")
    assert dataset.sizes["depth"] == dataset.sizes["layer"] + 1
    expected = score.sel(reader="intact") - score.sel(reader="random labels")
    np.testing.assert_allclose(dataset["selectivity"], expected, atol=1e-12)
    assert "selectivity" in layer_table(dataset)
    assert dataset["cka"].sel(representation="1", other="against 1").item() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(dataset["category_share"].sum("category_name"), 1)


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"probes": ("hidden-error",)}, "expected trained probes in --probes, found hidden-error"),
        ({"probes": ("column:height",)}, "expected a column of gender, age, first_language, dialect, found 'height'"),
        ({"probes": ("column:dialect",)}, "expected two values or more of column:dialect, found 0"),
    ],
)
def test_probes_that_cannot_be_read_are_one_line(tmp_path, reading, message):
    options = otoscope.SpeechOptions(limit=2)
    with pytest.raises(InputError, match=message):
        otoscope.layers(
            "bundled", "bundled", tmp_path / "run", reading=otoscope.LayerOptions(**reading), options=options
        )
    assert not (tmp_path / "run").exists()


def test_the_probes_of_the_default_exist():
    assert set(LayerOptions().probes) | set(PatchOptions(corrupt="speaker").probes) <= set(PROBES)
