"""What cannot be used is refused in one line, or left out with the reason; what was done stays done."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from lhotse import CutSet

from otoscope import bundled, read_corpus, reproduce
from otoscope.errors import InputError
from otoscope.papers.yang2020 import pipeline
from otoscope.papers.yang2020 import workflow as stage
from otoscope.papers.yang2020.corpora import Probed, corpora, probes_of
from otoscope.papers.yang2020.dataset import results
from otoscope.papers.yang2020.models import check_finished, models, recipes_of
from otoscope.papers.yang2020.outputs import Found
from otoscope.papers.yang2020.pipeline import Work
from otoscope.papers.yang2020.tables import left_out_table, summary
from otoscope.papers.yang2020.workflow import Record, Stage, carry_out


@pytest.fixture(scope="module")
def cuts():
    return list(read_corpus(bundled.speech()))


def test_only_what_labels_and_speakers_allow_is_asked(cuts):
    assert probes_of(cuts) == ["phone", "speaker-frame", "speaker-utterance", "reconstruction"]
    assert probes_of([cut.drop_supervisions() for cut in cuts]) == ["reconstruction"]
    one_each = list({cut.supervisions[0].speaker: cut for cut in cuts}.values())
    assert probes_of(one_each) == ["phone", "reconstruction"]
    silent = [cut.map_supervisions(lambda said: said.with_alignment("phone", [])) for cut in cuts]
    assert probes_of(silent) == ["speaker-frame", "speaker-utterance", "reconstruction"]


def test_two_are_not_at_work_in_one_folder(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="another otoscope reproduce is at work in"):
        reproduce([bundled.speech()], bundled.speech(), bundled.speech(), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [".lock"]


def test_a_device_that_is_not_there_is_told_before_anything_is_trained(tmp_path):
    with pytest.raises(InputError, match="device 'tpu9' cannot be used here"):
        reproduce([bundled.speech()], bundled.speech(), bundled.speech(), tmp_path / "out", device="tpu9")
    assert not (tmp_path / "out").exists()


def test_a_corpus_is_counted_as_it_is(tmp_path):
    for name in ("a.flac", "b.flac"):
        shutil.copy(next((bundled.speech() / "awb").glob("*.flac")), tmp_path / name)
    facts = Probed("speakers", str(tmp_path), "two").facts
    assert {name: facts[name] for name in ("utterances", "speakers", "labelled", "skipped")} == {
        "utterances": 2,
        "speakers": 0,
        "labelled": 0,
        "skipped": 0,
    }
    assert isinstance(Probed("speakers", str(bundled.speech()), "speech", str(bundled.speech())).given, CutSet)


def test_corpora_of_one_name_are_told_apart():
    """Else the figures of one would stand for both."""
    names = [one.name for one in corpora(["pool"], "a/test", ["b/test", "b/clean"]).probed]
    assert names == ["a/test", "b/test", "clean"]
    names = [one.name for one in corpora(["pool"], "here/test", ["there/here/test"]).probed]
    assert names == ["here/test (phones)", "here/test (speakers)"]


@pytest.mark.parametrize(("old", "new"), [("span = 6", "span = 3"), ("num_hidden_layers = 6", "num_hidden_layers = 5")])
def test_models_that_cannot_be_compared_are_refused_before_they_are_trained(tmp_path, old, new):
    folder = shutil.copytree(recipes_of("small"), tmp_path / "recipes")
    recipe = (folder / "m6.toml").read_text()
    assert old in recipe
    (folder / "m6.toml").write_text(recipe.replace(old, new, 1))
    with pytest.raises(InputError, match=r"three different masking spans|whose \[model\] is the same"):
        models(folder, ["pool"], ["heard"], 1)


def refuses():
    raise InputError("no phones")


def test_what_a_corpus_does_not_allow_is_left_out_with_all_that_needs_it_and_tried_again(tmp_path):
    done: list[str] = []
    first = Stage("m3/segmentation", refuses)
    second = Stage("m3/more", lambda: done.append("more"), needs=["m3/segmentation"])
    records = {"m3/segmentation": carry_out(first, tmp_path, {})}
    assert records["m3/segmentation"].left_out == "no phones"
    assert "it needs m3/segmentation: no phones" in carry_out(second, tmp_path, records).left_out
    assert done == []
    records = {"m3/segmentation": carry_out(Stage("m3/segmentation", lambda: done.append("now")), tmp_path, {})}
    carry_out(second, tmp_path, records)
    carry_out(second, tmp_path, records)
    assert done == ["now", "more"]


def test_without_an_essential_stage_there_is_no_reproduction(tmp_path):
    with pytest.raises(InputError, match="no phones"):
        carry_out(Stage("m3/pretraining", refuses, essential=True), tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_a_model_of_another_recipe_or_of_other_speech_is_not_taken_over(killed):
    given = [str(killed.root / "LibriSpeech" / "train-clean-360")]
    heard = [str(killed.root / "LibriSpeech" / "test-clean")]
    folder = killed.out / "models" / "m3" / "model"
    mine = models(killed.root / "recipes", given, heard, 1)
    check_finished(mine[0], folder)
    moved = models(killed.root / "recipes", ["elsewhere/train-clean-360"], heard, 1)
    check_finished(moved[0], folder)
    with pytest.raises(InputError, match=r"another recipe \(masking\)"):
        check_finished(mine[1], folder)
    with pytest.raises(InputError, match="was trained on train-clean-360, and --pretrain names other"):
        check_finished(models(killed.root / "recipes", ["other"], heard, 1)[0], folder)
    with pytest.raises(InputError, match="holds no model that otoscope pretrain made"):
        check_finished(mine[0], killed.root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "huge"}, "expected a size of small or large, got 'huge'"),
        ({"seeds": 0}, "expected at least 1 seed of M3, got 0"),
        ({"phones": "no/such/corpus"}, "no such file or folder"),
        ({"recipes": "no/such/recipes"}, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(change, message, tmp_path):
    speech = str(bundled.speech())
    given = {"pretrain": [speech], "phones": speech, "speakers": speech, "out": tmp_path / "out"} | change
    with pytest.raises(InputError, match=message):
        reproduce(**given)
    assert not (tmp_path / "out").exists()


def test_another_reproduction_in_the_folder_is_refused(killed):
    speech = str(bundled.speech())
    with pytest.raises(InputError, match="was made by another plan"):
        reproduce([speech], speech, speech, killed.out, recipes=killed.root / "recipes", seeds=1)


def again(killed, out, **change):
    """The command that made the killed reproduction, on a folder of it, with one thread as there."""
    speech = killed.root / "LibriSpeech"
    given = {"pretrain": [speech / "train-clean-360"], "phones": killed.root / "TIMIT" / "TEST"} | change
    labels, recipes = killed.root / "alignments" / "test-clean", killed.root / "recipes"
    begun: list[str] = []
    reproduce(
        speakers=speech / "test-clean",
        out=out,
        recipes=recipes,
        alignments=labels,
        seeds=1,
        on_stage=begun.append,
        **given,
    )
    return begun


def test_other_speech_of_the_same_folder_name_is_another_reproduction(killed, tmp_path):
    """Else its report would be that of the speech that was there before."""
    other = shutil.copytree(killed.root / "LibriSpeech" / "train-clean-360", tmp_path / "train-clean-360")
    next(other.rglob("*.flac")).unlink()
    with pytest.raises(InputError, match="was made by another plan: pretrain is"):
        again(killed, killed.out, pretrain=[other])


def test_a_corpus_that_is_not_there_leaves_the_folder_to_the_command_that_is_right(killed, tmp_path):
    speech = str(bundled.speech())
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        reproduce(["nowhere"], speech, speech, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused_and_one_of_models_is_not(tmp_path):
    speech = str(bundled.speech())
    (tmp_path / "models").mkdir()
    with pytest.raises(InputError, match="nowhere"):
        reproduce(["nowhere"], speech, speech, tmp_path)
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match=r"is not a reproduction of otoscope \(it holds mine.txt\)"):
        reproduce([speech], speech, speech, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"models", "mine.txt"}


def test_what_was_lost_is_made_again_and_what_is_damaged_is_named(killed, tmp_path, monkeypatch):
    """A record that cannot be read, a result that is gone: the stage is done again, and no other."""
    out = shutil.copytree(killed.out, tmp_path / "out")
    (out / "stages" / "m6-held-out.json").write_text('{"seco')
    (out / "runs" / "m3" / "held-out.json").unlink()
    shutil.rmtree(out / "runs" / "m3" / "heads")
    done: list[str] = []
    attempt = stage._attempt
    monkeypatch.setattr(stage, "_attempt", lambda one, before: done.append(one.name) or attempt(one, before))
    again(killed, out)
    assert done == ["m3/held-out", "m3/heads", "m6/held-out"]
    (out / "runs" / "m3" / "held-out.json").write_text('{"mod')
    with pytest.raises(InputError, match=r"held-out.json is damaged; remove it, and the same command makes it again"):
        again(killed, out)
    (out / "runs" / "m3" / "held-out.json").unlink()
    shutil.rmtree(out / "runs" / "m3" / "heads" / "results.zarr")
    with pytest.raises(InputError, match=r"remove .*heads, and the same command makes it again"):
        again(killed, out)


def test_without_boundaries_and_probes_the_rest_is_told_and_they_cannot_be(killed):
    """As where no corpus has phones or speakers: the records say what was left out."""
    given = [str(killed.root / "LibriSpeech" / "train-clean-360")]
    heard = str(killed.root / "LibriSpeech" / "test-clean")
    speech = corpora(given, str(killed.root / "TIMIT" / "TEST"), [heard])
    work = Work(models(killed.root / "recipes", given, [heard], 1), speech, killed.out)
    records = {
        name: Record(1.0, "" if name.endswith(("heads", "held-out", "pretraining")) else "no labels")
        for name in killed.dataset["stage"].values.tolist()
    }
    found = results(Found(work, records))
    assert "r_value" not in found
    assert "curve" not in found
    asked = found.sel(difference=found["claim"].values == "a shorter masking span finds boundaries better")
    assert asked["answer"].item() == "cannot tell"
    assert asked["test"].item() == "no labels"
    assert "m3/segmentation" in left_out_table(found)
    assert "cannot tell" in summary(found)


def test_the_recipes_are_three_that_differ_in_their_masking_alone():
    for size in ("small", "large"):
        found = models(recipes_of(size), ["a"], ["b"], 3)
        assert [one.name for one in found] == ["m3", "m6", "m9", "m3-1", "m3-2"]
        assert [one.recipe.masking.span for one in found] == [3, 6, 9, 3, 3]
        assert [one.recipe.batching.seed for one in found] == [0, 0, 0, 1, 2]
        assert len({str((one.recipe.model, one.recipe.training)) for one in found}) == 1
        assert found[0].recipe.model["downsample_rate"] == 3
    assert Path(pipeline.__file__).with_name("recipes").joinpath("small", "m3.toml").is_file()
