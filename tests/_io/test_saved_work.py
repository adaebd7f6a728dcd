"""Saved work of another plan is refused with the settings that differ, so that no result mixes two plans."""

from pathlib import Path

import pytest

from otoscope._io.saved_work import check_resume_requested, check_same_plan, write_json
from otoscope.errors import InputError


def refusal(stored, plan):
    with pytest.raises(InputError) as error:
        check_same_plan(Path("run"), stored, plan)
    return str(error.value)


def test_a_plan_is_the_same_after_its_way_through_json(tmp_path):
    write_json(tmp_path / "plan.json", ["caf\u00e9"])
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == '[\n  "caf\u00e9"\n]\n'
    check_same_plan(tmp_path, {"layers": [1, 2], "span": None}, {"layers": (1, 2), "span": None})


def test_lists_that_differ_show_only_the_elements_that_differ():
    same = [f"dr{i}/sa1" for i in range(100)]
    stored = {"validation": [*same, "a", "b", "c", "d", "e"], "order": [1, 2, 3, 4], "few": [1]}
    text = refusal(stored, {"validation": [*same, "z"], "order": [2, 1, 3, 4], "few": []})
    assert "validation has 'a', 'b', 'c' and 2 more only there, 'z' only now" in text
    assert "few is [1] there, [] now" in text
    assert "order has the same in another order or number" in text
    assert "dr5/sa1" not in text


def test_a_setting_that_only_one_plan_contains_is_a_difference_also_when_its_value_is_none():
    assert "span is not set there, none now" in refusal({}, {"span": None})


def test_fingerprints_are_named_last():
    text = refusal({"a_fingerprint": "1", "limit": 3}, {"a_fingerprint": "2", "limit": 4})
    differences = "limit is 3 there, 4 now; a_fingerprint is '1' there, '2' now"
    assert text == f"run was made by another plan: {differences}; choose another folder"


def test_saved_work_is_resumed_only_on_request():
    check_resume_requested(Path("run"), "a finished run", "open it", resume=True)
    with pytest.raises(InputError) as error:
        check_resume_requested(Path("run"), "a finished run", "open it", resume=False)
    assert str(error.value) == "run holds a finished run; choose another folder, or pass --resume to open it"
