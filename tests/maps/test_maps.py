"""Views over whole maps: each against the formula written out, and on runs whose layers differ in their heads."""

from importlib import import_module

import numpy as np
import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.maps import layer_reuse, most_similar, rollout, similarity
from otoscope.results.similar_heads import similar_heads, similar_heads_table


def drawn_maps() -> np.ndarray:
    """Maps `[L, H, T, T]`; the second layer has one head less."""
    maps = np.random.default_rng(0).dirichlet(np.ones(17) / 3, size=(3, 4, 17))
    maps[1, -1] = np.nan
    return maps


def written_out_rollout(maps: np.ndarray) -> list[np.ndarray]:
    """Paths through the layers summed frame by frame."""
    T = maps.shape[-1]
    reached, after = np.eye(T), []
    for layer in maps:
        mixed = np.zeros((T, T))
        heads = [head for head in layer if not np.isnan(head).any()]
        for q in range(T):
            row = [np.mean([head[q, k] for head in heads]) + (q == k) for k in range(T)]
            mixed[q] = np.array(row) / sum(row)
        reached = np.array([[sum(mixed[q, m] * reached[m, k] for m in range(T)) for k in range(T)] for q in range(T)])
        after.append(reached)
    return after


def test_rollout_is_the_sum_over_all_paths_through_the_layers() -> None:
    rollouts = rollout(drawn_maps())
    np.testing.assert_allclose(rollouts, written_out_rollout(drawn_maps()), atol=1e-15)
    np.testing.assert_allclose(rollouts.sum(-1), 1, atol=1e-14)


def test_a_layer_without_heads_passes_on_what_it_got() -> None:
    maps = drawn_maps()
    maps[1] = np.nan
    rollouts = rollout(maps)
    np.testing.assert_array_equal(rollouts[1], rollouts[0])


def test_similarity_is_the_cosine_of_two_maps_whatever_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = drawn_maps()
    whole = similarity(maps)
    monkeypatch.setattr(import_module("otoscope.maps.similarity"), "BLOCK_WEIGHTS", 3 * 12 * 17)
    for cosines in (whole, similarity(maps)):
        for a in np.ndindex(3, 4):
            for b in np.ndindex(3, 4):
                A, B = maps[a], maps[b]
                cosine = (A * B).sum() / (np.linalg.norm(A) * np.linalg.norm(B))
                np.testing.assert_allclose(cosines[(*a, *b)], cosine, atol=1e-14)


def test_layers_are_as_like_as_each_head_to_the_likest_of_the_other() -> None:
    cosines = similarity(drawn_maps())
    reuse = layer_reuse(cosines)
    for layer in range(3):
        for other in range(3):
            heads = range(3 if layer == 1 else 4)
            expected = np.mean([np.nanmax(cosines[layer, head, other]) for head in heads])
            np.testing.assert_allclose(reuse[layer, other], expected, atol=1e-15)


def test_a_layer_without_heads_is_like_no_other() -> None:
    maps = drawn_maps()
    maps[2] = np.nan
    reuse = layer_reuse(similarity(maps))
    assert np.isnan(reuse[2]).all()
    assert np.isnan(reuse[:, 2]).all()
    assert np.isfinite(reuse[:2, :2]).all()


def test_a_copied_head_is_found_as_the_most_similar_of_its_copy() -> None:
    maps = drawn_maps()
    maps[2, 3] = maps[0, 1]
    heads = most_similar(similarity(maps)).set_index(["layer", "head"])
    assert len(heads) == 11
    assert heads.loc[(2, 3), ["similar_layer", "similar_head"]].tolist() == [0, 1]
    assert heads.loc[(0, 1), "similarity"] == pytest.approx(1)
    others = [similarity(maps)[1, 0, 1, head] for head in (1, 2)]
    assert heads.loc[(1, 0), "within_layer"] == pytest.approx(np.mean(others))


def test_the_heads_of_a_run_are_compared_by_its_stored_maps(tmp_path) -> None:
    run = make_run(tmp_path / "run", 3, n_heads=[4, 1, 2], utterances=2, maps=2)
    heads = similar_heads(run, run.maps[1])
    stored = similarity(run.map(run.maps[1])["attention"].values)
    assert heads[["layer", "head"]].values.tolist() == run.heads[["layer", "head"]].values.tolist()
    for row in heads.itertuples():
        assert row.similarity == stored[row.layer, row.head, row.similar_layer, row.similar_head]
    assert np.isnan(heads.set_index("layer").loc[1, "within_layer"])
    text = similar_heads_table(run, "similarity")
    assert "similar_head" in text.splitlines()[0]
    assert len(text.splitlines()) == 2 + 7


def test_what_cannot_be_compared_is_said(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no attention maps to compare"):
        similar_heads(make_run(tmp_path / "run", maps=0))
    with pytest.raises(InputError, match="no column 'loudness' to sort by"):
        similar_heads_table(make_run(tmp_path / "mapped"), "loudness")
    with pytest.raises(InputError, match="expected a model with two heads or more"):
        most_similar(similarity(drawn_maps()[:1, :1]))
