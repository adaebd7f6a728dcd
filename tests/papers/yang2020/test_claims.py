"""Claims are answered as drawn numbers have it, and what cannot be asked is said to be so."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from otoscope.papers.yang2020.boundaries import boundary_answers
from otoscope.papers.yang2020.claims import answered_by_each, beyond_chance, over_heads
from otoscope.papers.yang2020.dataset import _rows
from otoscope.papers.yang2020.heads import _unevenness, head_answers, shifts
from otoscope.papers.yang2020.html import paragraph, table
from otoscope.papers.yang2020.pruning import _half
from otoscope.papers.yang2020.pruning_claims import Difference, for_every, for_some
from otoscope.papers.yang2020.relations import relation_answers
from otoscope.papers.yang2020.workflow import Record
from otoscope.relations.operations import operations
from otoscope.segmentation.comparison import compare

METHODS = ["MFCC", "representation", "best head", "ensemble"]
PERIOD = 0.03


def segmented(share_found, utterances=40):
    """A run of segmentation in which each method finds a share of the 20 boundaries of an utterance, and no others."""
    rng = np.random.default_rng(0)
    found = np.array([rng.binomial(20, share_found[name], utterances) for name in METHODS]).T
    counts = np.stack([np.full_like(found, 20), found, found, found], axis=-1)[:, :, None]
    values = (("utterance", "segmenter", "mode", "count"), counts)
    dataset = xr.Dataset({"counts": values}, {"segmenter": METHODS, "mode": ["strict"]})
    gains = [boundary_gain(dataset, name) for name in METHODS]
    scores = np.array([[[of[0]]] for of in gains])
    return dataset.assign(
        gain=("segmenter", [of[1] for of in gains]),
        gain_interval=(("segmenter", "bound"), [of[2] for of in gains]),
        scores=(("segmenter", "mode", "measure"), scores),
    ).assign_coords(measure=["r_value"])


def boundary_gain(dataset, method):
    compared = compare(dataset["counts"].sel(segmenter=["MFCC", method]).values)
    return compared.scores[1, 0, -1], compared.gain[1], compared.gain_interval[1]


def test_attention_that_finds_far_more_than_mfcc_is_said_to_and_models_alike_are_not_ordered():
    share_found = {"MFCC": 0.6, "representation": 0.6, "best head": 0.9, "ensemble": 0.5}
    found = {name: segmented(share_found) for name in ("m3", "m6", "m9")}
    said = [(one.claim.text, one.claim.answer) for one in boundary_answers(found, ["m3"])]
    assert said == [
        ("attention finds boundaries 3 points better than MFCC", "holds"),
        ("attention finds boundaries 3 points better than MFCC", "does not hold"),
        ("attention finds boundaries better than a representation", "holds"),
        ("attention finds boundaries better than a representation", "does not hold"),
        ("a shorter masking span finds boundaries better", "cannot tell"),
    ]


def test_models_that_differ_no_more_than_seeds_do_cannot_be_told_apart():
    clear = Difference("M3 over M6", 0.03, 0.01, 0.05)
    assert clear.answer == "holds"
    assert beyond_chance(clear, [0.75]).answer == "cannot tell"
    assert beyond_chance(clear, [0.75, np.nan]).answer == "cannot tell"
    assert beyond_chance(clear, [0.75, 0.7505, np.nan]).answer == "holds"
    assert beyond_chance(clear, [0.75, 0.77, 0.76]).answer == "cannot tell"
    low = Difference("M3 over M6", -0.06, -0.08, -0.04)
    assert beyond_chance(low, [0.75, 0.75, 0.751]).answer == "does not hold"


def test_trainings_of_one_model_are_seldom_said_to_differ():
    """The margin alone, without any noise of utterances: one in twenty at most, whatever the number of seeds."""
    rng = np.random.default_rng(0)
    for seeds in (2, 3, 5):
        differ = 0
        for _ in range(2000):
            *known, other = rng.normal(size=seeds + 1)
            found = beyond_chance(Difference("M9 over M3", *[other - known[0]] * 3), known)
            differ += found.answer != "cannot tell"
        assert differ / 2000 < 0.06


def heads(shift, categories, utterances=30, seed=0):
    """A run of heads of these categories [layer, head] whose diagonal ones peak `shift` frames away."""
    rng, category = np.random.default_rng(seed), np.array(categories, dtype=object)
    offsets, shape = np.arange(-12, 13), category.shape
    profile = np.full((*shape, len(offsets)), 0.01)
    profile[..., np.flatnonzero(offsets == shift)[0]] = 0.7
    rows = {
        name: rng.normal(5.0 * (category == of), 0.01, (utterances, *shape))
        for name, of in (("globalness", "global"), ("verticality", "vertical"), ("diagonality", "diagonal"))
    }
    dims = ("layer", "head")
    values = {f"{name}_rows": (("utterance", *dims), of) for name, of in rows.items()}
    values |= {"category": (dims, category), "offset_profile": ((*dims, "offset"), profile)}
    values["offset_profile_interval"] = ((*dims, "offset", "bound"), np.stack([profile, profile], axis=-1))
    return xr.Dataset(values, {"offset": offsets}).assign_attrs(frame_period=PERIOD)


EVEN = [["global", "vertical", "diagonal", "diagonal"]] * 6
MORE_GLOBAL = [["global", "global", "vertical", "diagonal"]] * 6


def test_shifts_and_shares_that_grow_with_the_span_are_found():
    found = {"m3": heads(2, EVEN), "m6": heads(3, EVEN), "m9": heads(6, MORE_GLOBAL)}
    found |= {"m3-1": heads(2, EVEN, seed=1)}
    said = {one.claim.text: one.claim.answer for one in head_answers(found, ["m3", "m3-1"])}
    assert said == {
        "categories are spread evenly over layers": "cannot tell",
        "sharp diagonals are shifted off the main diagonal": "holds",
        "the shift grows with the masking span": "holds",
        "a larger span makes more global heads": "holds",
        "a smaller span makes more diagonal heads": "holds",
    }
    turned = {"m3": found["m9"], "m6": found["m6"], "m9": heads(0, EVEN)}
    turned |= {"m3-1": turned["m3"]}
    said = {one.claim.text: one.claim.answer for one in head_answers(turned, ["m3", "m3-1"])}
    assert said["the shift grows with the masking span"] == "does not hold"
    assert said["a larger span makes more global heads"] == "does not hold"
    on_it = {one.claim.text: one.claim.answer for one in head_answers({"m3": heads(0, EVEN)}, ["m3"])}
    assert on_it["sharp diagonals are shifted off the main diagonal"] == "does not hold"


def test_claims_about_heads_are_asked_of_every_training():
    """One on the main diagonal, one beside it: neither speaks for the model. One without sharp heads says nothing."""
    shifted = "sharp diagonals are shifted off the main diagonal"
    blunt = heads(2, EVEN)
    blunt["offset_profile"][:] = 1 / blunt.sizes["offset"]
    found = {"m3": heads(0, EVEN), "m3-1": heads(2, EVEN), "m3-2": blunt}
    said = {one.claim.text: one for one in head_answers(found, list(found))}
    assert said[shifted].claim.answer == "cannot tell"
    assert [one.what.partition(":")[0] for one in said[shifted].claim.differences] == ["M3", "M3-1"]
    assert "no diagonal head of M3-2 has 30%" in said[shifted].test
    assert len(said["categories are spread evenly over layers"].claim.differences) == 3


def test_a_wide_diagonal_may_be_on_the_main_one_though_another_is_surely_beside_it():
    """None is exactly on it: what holds has to hold of every head."""
    one = heads(2, EVEN)
    one["offset_profile_interval"].loc[{"layer": 0, "head": 0, "offset": 0}] = np.array([0.0, 0.5])
    said = {given.claim.text: given.claim.answer for given in head_answers({"m3": one}, ["m3"])}
    assert said["sharp diagonals are shifted off the main diagonal"] == "cannot tell"


def test_without_sharp_diagonals_nothing_is_said_of_shifts():
    blunt = heads(2, EVEN)
    blunt["offset_profile"][:] = 1 / blunt.sizes["offset"]
    assert np.isnan(shifts(blunt)).all()
    of_shifts = [one for one in head_answers({"m3": blunt, "m9": heads(2, EVEN)}, ["m3"]) if "shift" in one.claim.text]
    assert [one.claim.answer for one in of_shifts] == ["cannot tell"] * 2
    assert {one.test for one in of_shifts} == {"no diagonal head of M3 has 30% of its attention at one offset"}


PHONES = ["a", "b"]
ELSEWHERE = "the same phone elsewhere"


def related(effects, categories):
    """Heads of one layer whose effects on `ELSEWHERE` are (low, high), of these categories."""
    targets = [one.target for one in operations(PHONES)]
    ends = np.ones((1, len(effects), len(targets), 2))
    ends[0, :, targets.index(ELSEWHERE)] = effects
    dims = ("layer", "head", "operation")
    spread = np.linspace(0.1, 0.9, 2 * len(effects)).reshape(1, len(effects), 2)
    return xr.Dataset(
        {
            "operation_effect": (dims, ends.mean(axis=-1)),
            "operation_effect_interval": ((*dims, "bound"), ends),
            "category": (("layer", "head"), np.array([categories], object)),
            "verticality": (("layer", "head"), spread[..., 0]),
            "concentration": (("layer", "head", "key_phone"), spread),
        },
        {"operation": targets, "key_phone": PHONES},
    ).assign_attrs(labelled_utterances=1)


def said_of(*seeds):
    """Answers to claims about relations by the claim, of one or more trainings of M3."""
    given = relation_answers({f"m3-{place}": one for place, one in enumerate(seeds)})
    return {one.claim.text: one for one in given}


def test_a_local_head_is_not_said_to_attend_to_its_phone_or_to_avoid_it():
    """It stays in the phone that it is in, and beside that lie others."""
    said = said_of(related([(0.1, 0.1)], ["diagonal"]))
    assert said["some head attends to the same phone elsewhere"].claim.answer == "does not hold"
    assert said["some head avoids the same phone elsewhere"].claim.answer == "cannot tell"
    said = said_of(related([(0.1, 0.1)], ["global"]))
    assert said["some head avoids the same phone elsewhere"].claim.answer == "holds"


def test_some_head_is_refuted_by_every_head_and_not_by_one():
    """The head of the highest lower end may fail where another, of a wide interval, may yet do it."""
    attends = f"some head attends to {ELSEWHERE}"
    both = said_of(related([(1.5, 1.8), (0.5, 3.0)], ["global", "global"]))[attends].claim
    assert both.answer == "cannot tell"
    assert both.differences[0].what == "head 0.1, beyond its bound"
    assert said_of(related([(1.5, 1.8), (0.5, 1.9)], ["global"] * 2))[attends].claim.answer == "does not hold"
    assert said_of(related([(2.5, 2.8), (0.5, 3.0)], ["global"] * 2))[attends].claim.answer == "holds"


def test_some_and_every_are_answered_as_logic_has_it():
    above, open_, below = (Difference("", value, value - 1, value + 1) for value in (2.0, 0.0, -2.0))
    unknown = Difference("", 0.0, np.nan, np.nan)
    for candidates, some, every in [
        ([above, open_, below, unknown], "holds", "does not hold"),
        ([above, above], "holds", "holds"),
        ([below, below], "does not hold", "does not hold"),
        ([above, unknown], "holds", "cannot tell"),
        ([below, unknown], "cannot tell", "does not hold"),
        ([open_, below], "cannot tell", "does not hold"),
        ([open_, above], "holds", "cannot tell"),
    ]:
        assert for_some(candidates).answer == some
        assert for_some(candidates[::-1]).answer == some
        assert for_every(candidates).answer == every
        assert for_every(candidates[::-1]).answer == every


def test_half_of_the_heads_cannot_go_only_where_no_ranking_lets_them():
    def pruned(interval):
        change = np.array([[[0.0, -0.05, -0.2]], [[0.0, -0.06, -0.2]]])
        ends = np.stack([change, change], axis=-1)
        ends[1, 0, 1] = interval
        dims = ("ranking", "direction", "step")
        return xr.Dataset(
            {"change": (dims, change), "change_interval": ((*dims, "bound"), ends), "removed": ("step", [0, 2, 4])},
            {"ranking": ["globalness", "weight"], "direction": ["high to low"], "probe": "phone"},
        ).expand_dims("probe")

    assert _half(pruned((-0.07, -0.055)), "phone").answer == "does not hold"
    assert _half(pruned((-0.2, 0.03)), "phone").answer == "cannot tell"
    assert _half(pruned((-0.2, 0.03)), "phone").what.startswith("weight")


def test_what_trainings_contradict_cannot_be_told_of_such_models():
    above, open_, below = (Difference("", value, value - 1, value + 1) for value in (2.0, 0.0, -2.0))

    def answer(*differences):
        return answered_by_each("", "", {f"m3-{at}": one for at, one in enumerate(differences)}, "").claim.answer

    assert answer(above, above) == "holds"
    assert answer(above, open_) == "cannot tell"
    assert answer(above, open_, below) == "cannot tell"
    assert answer(open_, below) == "does not hold"
    assert answer(below) == "does not hold"
    assert answer() == "cannot tell"


def test_relations_are_asked_of_every_training_which_is_named():
    attends = f"some head attends to {ELSEWHERE}"
    does, does_not = related([(2.5, 2.8)] * 3, ["global"] * 3), related([(0.5, 0.8)] * 3, ["diagonal"] * 3)
    asked = said_of(does, does_not)[attends].claim
    assert asked.answer == "cannot tell"
    assert [one.what for one in asked.differences] == [
        "M3-0: head 0.0, beyond its bound",
        "M3-1: head 0.0, beyond its bound",
    ]
    alone = said_of(does)[attends].claim
    assert (alone.answer, alone.differences[0].what) == ("holds", "head 0.0, beyond its bound")


def test_concentration_says_over_how_many_heads_it_is():
    said = said_of(related([(1, 1)] * 4, ["diagonal", "global", "vertical", "vertical"]))
    focus, neglect = (
        said[f"vertical heads concentrate, by {by}"].claim.differences[0].what for by in ("focus", "neglect")
    )
    assert (focus, neglect) == ("Spearman over 4 of 4 heads", "Spearman over 3 of 4 heads")


def test_one_utterance_is_too_little_speech_to_tell():
    found = {name: heads(2, EVEN, utterances=1) for name in ("m3", "m6", "m9")}
    said = {one.claim.text: one.claim.answer for one in head_answers(found, ["m3"])}
    assert said["a larger span makes more global heads"] == "cannot tell"
    assert said["categories are spread evenly over layers"] == "cannot tell"


def test_categories_layer_by_layer_are_not_spread_evenly():
    sorted_by_layer = [["diagonal"] * 4] * 2 + [["vertical"] * 4] * 2 + [["global"] * 4] * 2
    said = {one.claim.text: one.claim.answer for one in head_answers({"m3": heads(2, sorted_by_layer)}, ["m3"])}
    assert said["categories are spread evenly over layers"] == "does not hold"


def test_unevenness_and_shifts_by_hand():
    """Two layers of two heads: alike, chi-squared is 0; apart, it is the number of heads."""
    assert _unevenness(np.array([["global", "diagonal"]] * 2)) == 0
    assert _unevenness(np.array([["global"] * 2, ["diagonal"] * 2])) == pytest.approx(4)
    shift = shifts(heads(-3, [["diagonal", "global"]]))
    np.testing.assert_allclose(shift, [[-90, np.nan]])


def test_heads_drawn_again_are_as_many_as_there_are():
    value, drawn = over_heads(lambda places: float(len(places)), 7)
    assert value == 7
    assert set(drawn) == {7}


def test_a_claim_that_nothing_answers_says_why():
    found = SimpleNamespace(records={"m3/segmentation": Record(1.0, "none of 4 utterances has phones")})
    ((text, of, answer, _, why, value, _),) = _rows("a claim", "m3/segmentation", [], found)
    assert (text, of, answer, why) == ("a claim", "", "cannot tell", "none of 4 utterances has phones")
    assert np.isnan(value)


def test_text_is_escaped_and_answers_stand_out():
    assert paragraph("a < b") == "<p>a &lt; b</p>\n"
    shown = table(["claim", "answer"], [["<b>", "holds"]])
    assert "&lt;b&gt;" in shown
    assert '<span class="chip yes">' in shown
