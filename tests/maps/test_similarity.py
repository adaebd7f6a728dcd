"""Similarity of heads against its formula, with layers that differ in their heads."""

from importlib import import_module

import numpy as np
import pytest
from tests.helpers.example_maps import example_maps

from otoscope.errors import InputError
from otoscope.maps import layer_reuse, most_similar, similarity


def test_similarity_is_the_cosine_of_two_maps_for_all_sizes_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = example_maps()
    whole = similarity(maps)
    monkeypatch.setattr(import_module("otoscope.maps.similarity"), "BLOCK_WEIGHTS", 3 * 12 * 17)
    for cosines in (whole, similarity(maps)):
        for a in np.ndindex(3, 4):
            for b in np.ndindex(3, 4):
                A, B = maps[a], maps[b]
                cosine = (A * B).sum() / (np.linalg.norm(A) * np.linalg.norm(B))
                np.testing.assert_allclose(cosines[(*a, *b)], cosine, atol=1e-14)


def test_reuse_of_a_layer_is_the_mean_of_the_best_similarities() -> None:
    cosines = similarity(example_maps())
    reuse = layer_reuse(cosines)
    for layer in range(3):
        for other in range(3):
            heads = range(3 if layer == 1 else 4)
            expected = np.mean([np.nanmax(cosines[layer, head, other]) for head in heads])
            np.testing.assert_allclose(reuse[layer, other], expected, atol=1e-15)


def test_a_layer_without_heads_has_no_similarity() -> None:
    maps = example_maps()
    maps[2] = np.nan
    reuse = layer_reuse(similarity(maps))
    assert np.isnan(reuse[2]).all()
    assert np.isnan(reuse[:, 2]).all()
    assert np.isfinite(reuse[:2, :2]).all()


def test_a_copied_head_is_the_most_similar_to_its_copy() -> None:
    maps = example_maps()
    maps[2, 3] = maps[0, 1]
    heads = most_similar(similarity(maps)).set_index(["layer", "head"])
    assert len(heads) == 11
    assert heads.loc[(2, 3), ["similar_layer", "similar_head"]].tolist() == [0, 1]
    assert heads.loc[(0, 1), "similarity"] == pytest.approx(1)
    others = [similarity(maps)[1, 0, 1, head] for head in (1, 2)]
    assert heads.loc[(1, 0), "within_layer"] == pytest.approx(np.mean(others))


def test_a_model_of_one_head_has_no_similar_heads() -> None:
    with pytest.raises(InputError, match="expected a model with two heads or more to compare, found 1"):
        most_similar(similarity(example_maps()[:1, :1]))
