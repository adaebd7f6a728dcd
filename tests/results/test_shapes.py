"""The shape of a head follows from its own maps: reference maps have the shape they were drawn with."""

import numpy as np
import pytest
from benchmarks.shapes import KINDS, evidence
from tests.helpers.synthetic_run import make_run

from otoscope.results.shapes import SHAPES, head_shapes, shape_evidence, shape_offsets

EXPECTED = {
    "uniform": "uniform",
    "random, deviation 1": "uniform",
    "random, deviation 4": "mixed",
    "uniform over the past": "mixed",
    "main diagonal, 1 frame wide": "diagonal",
    "diagonal at -2, 1 frame wide": "shifted diagonal",
    "diagonal at +5, 2 frames wide": "shifted diagonal",
    "keys, deviation 4": "vertical",
    "own phone, 8 nats above the rest": "block-diagonal",
}
OFFSETS_MS = {"diagonal at -2, 1 frame wide": -40, "diagonal at +5, 2 frames wide": 100}


@pytest.mark.parametrize("T", [50, 120])
@pytest.mark.parametrize("kind", EXPECTED)
def test_reference_maps_have_the_shape_they_were_drawn_with(kind, T):
    measured = evidence(KINDS[kind], T, seed=1)
    shape = head_shapes(measured)
    assert shape.item() == EXPECTED[kind]
    assert shape_offsets(measured, shape, 0.02).item() == pytest.approx(
        OFFSETS_MS.get(kind, 0 if shape == "diagonal" else np.nan), nan_ok=True
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_and_the_offset_explain_at_most_the_whole_structure(kind):
    measured = evidence(KINDS[kind], 40, seed=2)
    assert measured.by_key <= measured.structure + 1e-9
    assert measured.by_offset <= measured.structure + 1e-9


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("shapes") / "run", 3, n_heads=[4, 1, 2], related=True)


def test_the_shape_of_a_head_is_the_same_without_the_other_heads(run):
    whole = head_shapes(shape_evidence(run.dataset))
    for layer, head in np.argwhere(whole != ""):
        alone = run.dataset.isel(layer=[layer], head=[head])
        assert head_shapes(shape_evidence(alone)).item() == whole[layer, head]


def test_heads_of_a_run_have_shapes_offsets_and_ranks(run):
    heads = run.heads
    assert set(heads["shape"]) <= set(SHAPES)
    shifted = heads[heads["shape"] == "shifted diagonal"]
    assert (shifted["shape_offset_ms"] == shifted["offset_peak_ms"]).all()
    for name in ("globalness", "verticality", "diagonality"):
        assert heads[f"{name}_rank"].tolist() == [1 + (heads[name] > value).sum() for value in heads[name]]


def test_the_structure_of_a_run_is_that_of_its_utterances(run):
    """The mean of ln T - G over utterances is ln T averaged over utterances, minus mean globalness."""
    rows = np.log(run.dataset["frames"]) - run.dataset["globalness_rows"]
    np.testing.assert_allclose(shape_evidence(run.dataset).structure, rows.mean("utterance").values)
