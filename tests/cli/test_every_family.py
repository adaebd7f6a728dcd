"""Every command runs on every model family, or refuses it by name before any work; with and without windows."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.family_corpus import write_family_corpus
from tests.helpers.tiny_models import save
from transformers import AutoModelForPreTraining

import otoscope
from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.loss import get_loss
from otoscope.importance.options import RankingOptions
from otoscope.importance.ranking_context import make_context
from otoscope.models import FAMILIES
from otoscope.models.capabilities import FamilyCapabilities, supported_families
from otoscope.models.encoder import Encoder
from otoscope.models.families import find_family
from otoscope.models.load import load
from otoscope.models.tiny_models import build_tiny_model, randomize_weights
from otoscope.probing import PROBES
from otoscope.probing.mlp import Training
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.refinement.layouts import refusal
from otoscope.relations.tables import operations_table, relations_table
from otoscope.results import Run, heads_table
from otoscope.runs.options import SpeechOptions
from otoscope.runs.selection import Selection
from otoscope.runs.speech_source import SpeechSource, read_speech
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.session import open_session

pytestmark = pytest.mark.slow


@cache
def capabilities() -> dict[str, FamilyCapabilities]:
    """Return what a tiny model of each family can do; collecting the tests builds none."""
    return {result.family: result for result in supported_families()}


OF_HIDDEN_STATES = [name for name, probe in PROBES.select().items() if not probe.is_task]
WITHOUT_HEAD = [name for name in OF_HIDDEN_STATES if name != "reconstruction"]
TRAINED = [name for name in WITHOUT_HEAD if name != "hidden-error"]
WINDOW = 1.0
FAMILY_NAMES = [family.model_type for family in FAMILIES.select().values()]
TRAINING = Training(seeds=1, folds=2, width=8, steps=20, check=10, patience=1)


def share_of(encoder: Encoder, names: list[str], shift: int = 0) -> list[str]:
    """Return all names for Mockingjay, and one for each other family, each name in turn.

    What differs between families is how hidden states and heads are read; what differs between names is what is
    computed from them.
    """
    number = FAMILY_NAMES.index(encoder.family.model_type)
    return names if encoder.family.model_type == "mockingjay" else [names[(number + shift) % len(names)]]


@pytest.fixture(scope="session")
def family_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_family_corpus(tmp_path_factory.mktemp("family-corpus"))


@pytest.fixture(scope="module", autouse=True)
def short_training(tmp_path_factory: pytest.TempPathFactory):
    """Train probes for a few steps, and cache them apart from the user's; the commands on one family share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("otoscope.importance.loss.Training", lambda: TRAINING)
        patch.setattr("otoscope.probing.probe.training_config", lambda seeds: TRAINING)
        patch.setenv("OTOSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", params=FAMILY_NAMES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the family's tiny model."""
    family = find_family(request.param)
    assert family is not None
    tiny, extractor = build_tiny_model(family)
    return save(tiny, tmp_path_factory.mktemp(request.param), extractor)


@pytest.fixture(scope="module")
def encoder(model: Path) -> Encoder:
    return load(model, device="cpu")


@pytest.fixture(scope="module")
def analyzed(encoder: Encoder, family_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return otoscope.analyze(encoder, family_corpus, tmp_path_factory.mktemp("analyzed") / "run")


def test_analyze_with_windows_and_without(encoder, analyzed, family_corpus, tmp_path):
    assert np.isfinite(analyzed.dataset["globalness"]).all()
    few = SpeechOptions(limit=2)
    windowed = otoscope.analyze(encoder, family_corpus, tmp_path / "windowed", window=WINDOW, options=few)
    assert windowed.dataset.sizes["utterance"] == 4
    assert np.isfinite(windowed.dataset["globalness"]).all()


def test_heads_relations_and_view_of_its_run(encoder, analyzed, tmp_path):
    assert len(heads_table(analyzed, None, "csv").splitlines()) == 1 + sum(encoder.n_heads)
    assert operations_table(analyzed, None, "table")
    assert relations_table(analyzed, 0, 0, "table")
    page = export(open_session([analyzed]), tmp_path / "page.html", ExportSelection(heads=[(0, 0)]))
    assert page.stat().st_size > 0


def test_figures_of_its_run(encoder, analyzed):
    """They are drawn; files do not depend on the family."""
    for name in share_of(encoder, ["atlas", "relation-maps"]):
        assert otoscope.figure(analyzed, name).axes


def test_segment(encoder, family_corpus, tmp_path):
    run = otoscope.segment(
        encoder,
        family_corpus,
        tmp_path / "run",
        segmentation=otoscope.SegmentationOptions(validation=("ann",), shifts=2),
    )
    assert np.isfinite(run.dataset["head_r_value"]).all()


def test_rank_by_every_ranking(encoder, analyzed, family_corpus, tmp_path):
    names = tuple(RANKINGS)
    ranking = RankingOptions(by=names, run=analyzed.path, loss="hidden", seconds=1.0, permutations=1)
    run = otoscope.rank(encoder, family_corpus, tmp_path / "run", ranking=ranking)
    assert np.isfinite(run.dataset["score"]).all()
    assert (run.dataset["score"].sel(ranking="leave-one-out") > 0).any()
    assert (run.dataset["score"].sel(ranking="fisher") > 0).all()


def test_the_hidden_loss_equals_a_loop_over_utterances(encoder, family_corpus):
    """Models that pad all audio, or pool frames, return more or fewer hidden states than frames."""
    speech = read_speech(SpeechSource(family_corpus, Selection(limit=2)), encoder)
    errors = []
    for wave in speech.waves:
        intact = encoder.forward([wave]).hidden
        with encoder.without_heads([(0, 1), (2, 0)]):
            errors.append(float((encoder.forward([wave]).hidden - intact).norm() / intact.norm()))
    context = make_context(encoder, speech, get_loss("hidden", encoder, speech))
    with context.ablation_loss(1) as loss_without:
        assert loss_without([(0, 1), (2, 0)]) == pytest.approx(np.mean(errors), rel=1e-3)


def test_rank_by_the_loss_of_pre_training(encoder, family_corpus, tmp_path):
    """Where the family has a prediction head; all others are refused before the corpus is read, see below."""
    if "reconstruction" in capabilities()[encoder.family.model_type].limits:
        pytest.skip("the family has no prediction head")
    whole = randomize_weights(AutoModelForPreTraining.from_config(deepcopy(encoder.model.config)))
    folder = save(whole, tmp_path / "whole", encoder.extractor)
    ranking = RankingOptions(by=("gradient",), loss="reconstruction", seconds=1.0)
    run = otoscope.rank(folder, family_corpus, tmp_path / "run", ranking=ranking)
    assert (run.dataset["score"] > 0).all()


def test_rank_by_the_loss_of_a_probe(encoder, family_corpus, tmp_path):
    for loss in share_of(encoder, TRAINED):
        ranking = RankingOptions(by=("gradient",), loss=loss, seconds=1e3)
        scores = otoscope.rank(encoder, family_corpus, tmp_path / loss, ranking=ranking).dataset["score"]
        assert np.isfinite(scores).all()
        assert (scores > 0).all()


def test_probe(encoder, family_corpus, tmp_path):
    probing = ProbingOptions(probes=tuple(share_of(encoder, WITHOUT_HEAD, shift=1)), seeds=1)
    run = otoscope.probe(encoder, family_corpus, tmp_path / "run", probing=probing)
    assert np.isfinite(run.dataset["score"].sel(reader=["intact", "untrained"])).all()


def test_prune(encoder, analyzed, family_corpus, tmp_path):
    spans = () if encoder.family.is_patch_grid else (1,)
    schedule = ScheduleOptions(by=("weight",), run=analyzed.path, step=0.5, spans=spans)
    run = otoscope.prune(
        encoder, family_corpus, tmp_path / "run", schedule=schedule, probing=ProbingOptions(probes=("hidden-error",))
    )
    assert (run.dataset["score"].sel(step=slice(1, None)) > 0).all()


def test_sinks(encoder, family_corpus, tmp_path):
    probing = otoscope.SinkOptions(probes=("hidden-error",))
    run = otoscope.sinks(encoder, family_corpus, tmp_path / "run", probing=probing)
    assert np.isfinite(run.dataset["sink_share"]).all()
    assert np.isfinite(run.dataset["score"]).all()


def test_refine_is_offered_or_refused_with_the_reason_in_the_table(encoder, model, analyzed, tmp_path):
    if reason := refusal(encoder.family.model_type):
        with pytest.raises(InputError) as refused:
            otoscope.refine(model, tmp_path / "refined", remove=[(0, 0)])
        assert reason in str(refused.value)
        assert not (tmp_path / "refined").exists()
        return
    refined = otoscope.refine(
        model, tmp_path / "refined", options=otoscope.RefinementOptions(run=analyzed.path, by="weight", heads=0.25)
    )
    assert sum(refined.heads) == sum(encoder.n_heads) - len(refined.removed)
    assert load(refined.path, device="cpu").n_heads == refined.heads


def test_view_with_its_model(model, analyzed):
    """The page shows maps that the run does not store, computed by the model."""
    live = open_session([analyzed], str(model), train_probes=False).sessions[0].live
    rows = {}
    utterance = analyzed.utterances.index[-1]
    layers = range(live.encoder.n_layers)
    live.maps(utterance, lambda layer, head, attention: rows.update({(layer, head): attention.sum(-1)}), layers)
    assert len(rows) == sum(live.encoder.n_heads)
    assert all(np.allclose(sums, 1, atol=0.02) for sums in rows.values())


def test_faithfulness(encoder, family_corpus, tmp_path, monkeypatch):
    """Models of patches are refused."""
    monkeypatch.setattr("otoscope.attribution.faithfulness.training_config", lambda seeds: TRAINING)
    names = ("gradient-input", "occlusion", "attention")
    attribution = otoscope.FaithfulnessOptions(attributions=names, answers=1, heads=1, piece=0.2)
    arguments = {"attribution": attribution, "options": SpeechOptions(limit=4)}
    if encoder.family.is_patch_grid:
        with pytest.raises(InputError, match="patches of time and band"):
            otoscope.faithfulness(encoder, family_corpus, tmp_path / "run", **arguments)
        return
    run = otoscope.faithfulness(encoder, family_corpus, tmp_path / "run", **arguments)
    assert np.isfinite(run.dataset["agreement"]).all()
    assert np.isfinite(run.dataset["curve"]).all()


def test_bench(model, monkeypatch):
    """Peak memory, which is measured in another process, is replaced: it does not depend on the family."""
    monkeypatch.setattr("otoscope.refinement.bench.peak_memory", lambda names, seconds: {0.5: [1.0]})
    assert otoscope.bench(model, seconds=[0.5], rounds=1).costs


def test_what_it_cannot_do_is_refused_before_the_corpus_is_read(encoder, tmp_path):
    """The corpus does not exist: only its absence would be reported if the refusal came later."""
    nothing = tmp_path / "no corpus"
    limits = capabilities()[encoder.family.model_type].limits
    if "reconstruction" in limits:
        for command, options in (
            (otoscope.probe, {"probing": ProbingOptions(probes=("reconstruction",))}),
            (otoscope.rank, {"ranking": RankingOptions(by=("fisher",), loss="reconstruction")}),
        ):
            with pytest.raises(InputError, match="has no prediction head"):
                command(encoder, nothing, tmp_path / "run", **options)
    if "span" in limits:
        with pytest.raises(InputError, match="patches of time and band"):
            otoscope.prune(
                encoder,
                nothing,
                tmp_path / "run",
                schedule=ScheduleOptions(by=("weight",)),
                probing=ProbingOptions(probes=("hidden-error",)),
            )
    assert not (tmp_path / "run").exists()
