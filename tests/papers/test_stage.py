"""A stage without usable input is skipped with the reason and tried again; a stage that is done is not."""

import pytest

from otoscope.errors import InputError
from otoscope.papers.stage import Stage, load_record, run_stage


def fail():
    raise InputError("no phones")


def test_a_stage_without_usable_input_is_skipped_with_all_that_need_it_and_tried_again(tmp_path):
    done: list[str] = []
    first = Stage("m3/segmentation", fail)
    second = Stage("m3/more", lambda: done.append("more"), needs=["m3/segmentation"])
    records = {"m3/segmentation": run_stage(first, tmp_path, {})}
    assert records["m3/segmentation"].skip_reason == "no phones"
    assert "it needs m3/segmentation: no phones" in run_stage(second, tmp_path, records).skip_reason
    assert done == []
    records = {"m3/segmentation": run_stage(Stage("m3/segmentation", lambda: done.append("now")), tmp_path, {})}
    run_stage(second, tmp_path, records)
    run_stage(second, tmp_path, records)
    assert done == ["now", "more"]


def test_an_essential_stage_without_usable_input_raises(tmp_path):
    with pytest.raises(InputError, match="no phones"):
        run_stage(Stage("m3/pretraining", fail, essential=True), tmp_path, {})
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("damage", ['{"seco', '{"other": 1}', "[]"])
def test_a_damaged_record_counts_as_none(tmp_path, damage):
    stage = Stage("m3/heads", lambda: 2.0)
    assert run_stage(stage, tmp_path, {}).seconds == 2.0
    (tmp_path / "m3-heads.json").write_text(damage)
    assert load_record(stage, tmp_path) is None


def test_a_stage_whose_result_is_missing_is_not_done(tmp_path):
    stage = Stage("m3/heads", lambda: 2.0, result=tmp_path / "result")
    run_stage(stage, tmp_path, {})
    assert load_record(stage, tmp_path) is None
    (tmp_path / "result").touch()
    assert load_record(stage, tmp_path) is not None
