"""A whole reproduction: from the paper's folders, through a kill in every stage, to a report; and its input errors."""

import re
import shutil
import signal
from collections import Counter

import numpy as np
import pytest
from filelock import FileLock

from otoscope import bundled, reproduce
from otoscope.errors import InputError, UnfinishedError
from otoscope.papers import stage as stage_module
from otoscope.papers.stage import Stage, StageRecord
from otoscope.papers.yang2020 import reproduce as reproduce_module
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.corpora import make_corpora
from otoscope.papers.yang2020.dataset import reproduction_dataset
from otoscope.papers.yang2020.models import check_trained_model, make_models
from otoscope.papers.yang2020.options import ReproductionOptions
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.published import published_claims
from otoscope.papers.yang2020.report.cost_tables import skipped_table
from otoscope.papers.yang2020.report.summary import summary
from otoscope.papers.yang2020.stages import ReproductionJob
from otoscope.results.verdict import Verdict

pytestmark = pytest.mark.slow

SPEECH = str(bundled.speech())


def test_a_reproduction_killed_in_any_stage_resumes_and_repeats_no_finished_stage(killed):
    stages = [name for name in killed.ended if name != "the end"]
    assert len(stages) > 8
    assert all(killed.ended[name] == -signal.SIGKILL for name in stages)
    names = [str(name) for name in killed.dataset["stage"].values]
    assert Counter(killed.attempted) == {name: 2 if name in stages else 1 for name in names}
    assert (killed.dataset["skip_reason"].values == "").all()


def test_timit_and_librispeech_are_read_from_their_usual_folders(killed):
    """SPHERE audio and .PHN for phones; FLAC by speaker and chapter, with aligned TextGrids in another tree."""
    assert killed.dataset.attrs["speech"] == "4 utterances, 2 speakers"
    assert {
        "phone, TIMIT/TEST",
        "speaker-utterance, TIMIT/TEST",
        "phone, test-clean",
        "speaker-frame, test-clean",
    } <= {str(name) for name in killed.dataset["probe_corpus"].values}
    assert killed.dataset["r_value"].notnull().all()


def test_every_claim_has_a_verdict_that_follows_from_its_differences(killed):
    dataset = killed.dataset
    verdicts = dataset["verdict"].values
    assert set(verdicts) <= {verdict.value for verdict in Verdict}
    assert {ClaimId(id) for id in dataset["claim"].values} == set(ClaimId)
    low, _ = dataset["value_interval"].values.T
    assert (low[verdicts == Verdict.HOLDS] > 0).all()
    assert (verdicts[np.isnan(dataset["value"].values)] == Verdict.UNDECIDED).all()
    assert all(dataset["test"].values)


def test_no_claim_is_undecided_because_nothing_evaluated_it(killed):
    """The corpora of the example allow every claim; a claim that no module evaluates would have no differences."""
    dataset = killed.dataset
    evaluated = {ClaimId(id) for id in dataset["claim"].values[dataset["contrast"].values != ""]}
    without_sharp_heads = {ClaimId.DIAGONALS_SHIFTED, ClaimId.SHIFT_GROWS}
    assert set(ClaimId) - evaluated <= without_sharp_heads


def test_curves_start_with_the_intact_model(killed):
    """A span that is full and no removed head are the same model."""
    dataset = killed.dataset
    np.testing.assert_allclose(dataset["curve"].isel(step=0), dataset["span_curve"].sel(radius=np.inf))


def test_the_report_needs_no_other_file_and_shows_every_figure_in_both_themes(killed):
    page = (killed.out / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|href)="(?!#|data:)([^"]*)"', page)) == set()
    assert page.count("<figure>") >= 12
    assert page.count("<svg") == 2 * page.count("<figure>")
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]*)', page)) <= set(ids)
    for claim in published_claims().values():
        assert claim.text in page
    for title in ("Phone boundaries", "Heads by masking span", "Global heads removed", "Span limited", "0.800"):
        assert title in page


@pytest.mark.parametrize("path", ["m3/model/config.json", "m9/model/model.safetensors", "m3-half/model/config.json"])
def test_models_are_in_the_folders_of_pretrain_and_refine(killed, path):
    assert (killed.out / "models" / path).is_file()


def test_two_processes_do_not_use_one_folder(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="another otoscope reproduce uses"):
        reproduce([SPEECH], SPEECH, SPEECH, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [".lock"]


def test_an_array_of_slurm_needs_no_option(tmp_path, monkeypatch):
    for name, value in (("ID", 1), ("COUNT", 2), ("MIN", 0), ("STEP", 1)):
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", str(value))
    monkeypatch.setattr(reproduce_module, "make_stages", lambda job: [Stage("m3/pretraining", float)])
    with pytest.raises(UnfinishedError, match=r"share 2 of 2 is done; .* lacks m3/pretraining of 1 stages"):
        reproduce([SPEECH], SPEECH, SPEECH, tmp_path / "out")
    with pytest.raises(InputError, match="pass --shard all"):
        reproduce([SPEECH], SPEECH, SPEECH, tmp_path / "out", ReproductionOptions(jobs=2))


def test_a_stage_that_a_task_runs_is_not_run_by_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(reproduce_module, "make_stages", lambda job: [Stage("m3/pretraining", float)])
    (tmp_path / "out" / "stages").mkdir(parents=True)
    (tmp_path / "out" / "results").mkdir()
    with (
        FileLock(tmp_path / "out" / "stages" / ".m3-pretraining.lock"),
        pytest.raises(InputError, match=r"another otoscope reproduce uses .*stages; wait until it ends"),
    ):
        reproduce([SPEECH], SPEECH, SPEECH, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ({}, {"size": "huge"}, "expected a size of small or large, got 'huge'"),
        ({}, {"seeds": 0}, "expected at least 1 seed of M3, got 0"),
        ({}, {"jobs": 0}, "expected at least 1 job, got 0"),
        ({}, {"shard": "3/2"}, "expected --shard I/N with I from 1 to N"),
        ({}, {"shard": "1/2", "jobs": 2}, "expected --jobs of 1 in a task of an array, found 2; omit --jobs"),
        ({}, {"recipes": "no/such/recipes"}, "cannot be read"),
        ({}, {"device": "tpu9"}, "device 'tpu9'"),
        ({"phones": "no/such/corpus"}, {}, "no such file or folder"),
        ({"pretrain": ["nowhere"]}, {}, "nowhere: no such file or folder"),
    ],
)
def test_unusable_input_is_reported_before_anything_is_written(arguments, options, message, tmp_path):
    arguments = {"pretrain": [SPEECH], "phones": SPEECH, "speakers": SPEECH, "out": tmp_path / "out"} | arguments
    with pytest.raises(InputError, match=message):
        reproduce(**arguments, options=ReproductionOptions(**options))
    assert not (tmp_path / "out").exists()


def test_the_folder_of_another_reproduction_is_rejected(killed):
    options = ReproductionOptions(recipes=killed.root / "recipes", seeds=1)
    with pytest.raises(InputError, match=OTHER_CONFIG):
        reproduce([SPEECH], SPEECH, SPEECH, killed.out, options)


OTHER_CONFIG = "was made by another"


def repeat(killed, out, pretrain=None):
    """Repeat the command of the killed reproduction on a copy of its folder; return the names of its stages."""
    speech, started = killed.root / "LibriSpeech", list[str]()
    alignments, recipes = killed.root / "alignments" / "test-clean", killed.root / "recipes"
    reproduce(
        pretrain or [speech / "train-clean-360"],
        killed.root / "TIMIT" / "TEST",
        speech / "test-clean",
        out,
        ReproductionOptions(recipes=recipes, alignments=alignments, seeds=1),
        on_stage=started.append,
    )
    return started


def test_other_speech_in_a_folder_of_the_same_name_is_another_reproduction(killed, tmp_path):
    """Otherwise the report would describe the earlier speech."""
    other = shutil.copytree(killed.root / "LibriSpeech" / "train-clean-360", tmp_path / "train-clean-360")
    next(other.rglob("*.flac")).unlink()
    with pytest.raises(InputError, match=f"{OTHER_CONFIG}.*: pretrain is"):
        repeat(killed, killed.out, pretrain=[other])


def test_a_folder_of_other_files_is_rejected_and_one_of_models_is_not(tmp_path):
    (tmp_path / "models").mkdir()
    with pytest.raises(InputError, match="nowhere"):
        reproduce(["nowhere"], SPEECH, SPEECH, tmp_path)
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match=r"expected a new folder or a reproduction .* found mine.txt"):
        reproduce([SPEECH], SPEECH, SPEECH, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"models", "mine.txt"}


def test_lost_results_are_made_again_and_damaged_ones_are_reported(killed, tmp_path, monkeypatch):
    """A record that cannot be read, a missing result: the stage runs again, and no other."""
    out = shutil.copytree(killed.out, tmp_path / "out")
    (out / "stages" / "m6-held-out.json").write_text('{"seco')
    (out / "runs" / "m3" / "held-out.json").unlink()
    shutil.rmtree(out / "runs" / "m3" / "heads")
    executed: list[str] = []
    execute = stage_module.execute
    monkeypatch.setattr(
        stage_module, "execute", lambda stage, earlier: executed.append(stage.name) or execute(stage, earlier)
    )
    repeat(killed, out)
    assert executed == ["m3/held-out", "m3/heads", "m6/held-out"]
    (out / "runs" / "m3" / "held-out.json").write_text('{"mod')
    with pytest.raises(InputError, match=r"held-out.json is damaged; remove it, and repeat the command to make it"):
        repeat(killed, out)
    (out / "runs" / "m3" / "held-out.json").unlink()
    shutil.rmtree(out / "runs" / "m3" / "heads" / "results.zarr")
    with pytest.raises(InputError, match=r"remove .*heads, and repeat the command to make it again"):
        repeat(killed, out)


def test_without_boundaries_and_probes_the_other_results_are_complete(killed):
    """If no corpus has phones or speakers, the records state why stages were skipped."""
    pool = [str(killed.root / "LibriSpeech" / "train-clean-360")]
    test = str(killed.root / "LibriSpeech" / "test-clean")
    corpora = make_corpora(pool, str(killed.root / "TIMIT" / "TEST"), [test])
    job = ReproductionJob(make_models(killed.root / "recipes", pool, [test], 1), corpora, killed.out)
    records = {
        name: StageRecord(1.0, "" if name.endswith(("heads", "held-out", "pretraining")) else "no labels")
        for name in killed.dataset["stage"].values.tolist()
    }
    dataset = reproduction_dataset(StageOutputs(job, records))
    assert "r_value" not in dataset
    assert "curve" not in dataset
    row = dataset.sel(difference=dataset["claim"].values == ClaimId.SHORTER_IS_BETTER)
    assert row["verdict"].item() == Verdict.UNDECIDED
    assert row["test"].item() == "no labels"
    assert "m3/segmentation" in skipped_table(dataset)
    assert Verdict.UNDECIDED in summary(dataset)


def test_a_trained_model_of_another_recipe_or_other_speech_is_rejected(killed):
    pool = [str(killed.root / "LibriSpeech" / "train-clean-360")]
    test = [str(killed.root / "LibriSpeech" / "test-clean")]
    folder, recipes = killed.out / "models" / "m3" / "model", killed.root / "recipes"
    models = make_models(recipes, pool, test, 1)
    check_trained_model(models[0], folder)
    check_trained_model(make_models(recipes, ["elsewhere/train-clean-360"], test, 1)[0], folder)
    with pytest.raises(InputError, match=r"another plan: masking\."):
        check_trained_model(models[1], folder)
    with pytest.raises(InputError, match="was trained on train-clean-360, but --pretrain is other"):
        check_trained_model(make_models(recipes, ["other"], test, 1)[0], folder)
    with pytest.raises(InputError, match="expected a model of otoscope pretrain in"):
        check_trained_model(models[0], killed.root)
