"""`rank` and `prune` write complete runs, resume interrupted ones, and refuse bad input."""

import numpy as np
import pytest
from tests.helpers.speech_samples import save_tiny_corpus, save_tiny_model

import otoscope
from otoscope.attention.ablation_kinds import ABLATION_KINDS, OUTPUT_KINDS
from otoscope.attention.output_changes import replace_outputs
from otoscope.attention.pattern_changes import KEY_GROUPS, identity, offset_profile, uniform, without_keys
from otoscope.errors import InputError
from otoscope.importance.tables import curve_table, ranking_table
from otoscope.models.output_sources import measure_profiles
from otoscope.probing import PROBES
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.runs import cache as keep
from otoscope.runs.speech_source import SpeechSource, read_speech

pytestmark = pytest.mark.slow

BY = ("globalness", "random", "gradient")


def prune_options(by=("weight",), probes=("hidden-error", "speaker-utterance"), seeds=3, options=None, **schedule):
    """Return the keyword arguments of a short prune; the rest are fields of ScheduleOptions."""
    return {
        "schedule": otoscope.ScheduleOptions(**{"by": by, "step": 0.5, "spans": (2, 0)} | schedule),
        "probing": otoscope.ProbingOptions(probes=probes, seeds=seeds),
        "options": options,
    }


@pytest.fixture(scope="module")
def pruned(tiny_pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pruned")
    return otoscope.prune(tiny_pretrained, save_tiny_corpus(folder / "corpus"), folder / "run", **prune_options())


def same_bits(a, b):
    return a.dataset.load().drop_attrs().identical(b.dataset.load().drop_attrs())


def stop_after(patch, files):
    """Interrupt the run after it has written this number of files."""
    kept, real = [], keep.atomic_write

    def counting(path, **options):
        kept.append(path)
        if len(kept) > files:
            raise KeyboardInterrupt
        return real(path, **options)

    patch.setattr(keep, "atomic_write", counting)


def test_a_ranking_run_holds_scores_ranks_and_agreement(tiny_pretrained, tiny_corpus, tmp_path):
    run = otoscope.rank(tiny_pretrained, tiny_corpus, tmp_path / "run", ranking=otoscope.RankingOptions(by=BY))
    assert run.kind == "ranking"
    assert run.dataset["ranking"].values.tolist() == ["globalness", "random-0", "random-1", "random-2", "gradient"]
    assert run.dataset["rank"].dims == ("ranking", "layer", "head")
    assert run.dataset["prunable_end"].sel(ranking=["globalness", "gradient"]).values.tolist() == ["high", "low"]
    np.testing.assert_allclose(np.diag(run.dataset["agreement"]), 1)
    assert "gradient" in ranking_table(run.dataset)


def test_statistics_are_those_of_analyze_measured_or_taken_from_its_run(tiny_model, tiny_corpus, tmp_path):
    analyzed = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "heads")
    names = ["globalness", "verticality", "diagonality", "weight"]
    measured = otoscope.rank(tiny_model, tiny_corpus, tmp_path / "a", ranking=otoscope.RankingOptions(by=names))
    taken = otoscope.rank(
        tiny_model, tiny_corpus, tmp_path / "b", ranking=otoscope.RankingOptions(by=names, run=analyzed.path)
    )
    for name in names:
        np.testing.assert_allclose(measured.dataset["score"].sel(ranking=name), analyzed.dataset[name], rtol=1e-5)
        np.testing.assert_array_equal(taken.dataset["score"].sel(ranking=name), analyzed.dataset[name])


def test_a_stopped_ranking_goes_on_to_the_same_bits(tiny_pretrained, tiny_corpus, tmp_path):
    whole = otoscope.rank(tiny_pretrained, tiny_corpus, tmp_path / "whole", ranking=otoscope.RankingOptions(by=BY))
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            otoscope.rank(tiny_pretrained, tiny_corpus, tmp_path / "run", ranking=otoscope.RankingOptions(by=BY))
    assert same_bits(
        otoscope.rank(
            tiny_pretrained,
            tiny_corpus,
            tmp_path / "run",
            ranking=otoscope.RankingOptions(by=BY),
            options=otoscope.SpeechOptions(resume=True),
        ),
        whole,
    )


def test_curves_hold_what_the_intervened_model_does(tiny_pretrained, pruned):
    """Removing every head of the model is the last step of each curve, and a span is the encoder's own."""
    dataset = pruned.dataset
    encoder = otoscope.load(tiny_pretrained)
    waves = [encoder.load_wave(cut) for cut in otoscope.read_corpus(pruned.plan["corpus"]["path"])]

    def error(change):
        with change:
            return np.mean([distance(encoder, wave, hidden) for wave, hidden in zip(waves, intact, strict=True)])

    def distance(encoder, wave, hidden):
        return float((encoder.forward([wave]).hidden - hidden).norm() / hidden.norm())

    intact = [encoder.forward([wave]).hidden for wave in waves]
    every = [(layer, head) for layer in range(2) for head in range(3)]
    hidden = dataset.sel(probe="hidden-error")
    np.testing.assert_allclose(hidden["score"].isel(step=-1), error(encoder.without_heads(every)), rtol=1e-5)
    narrow = hidden["span_score"].sel(radius=2)
    assert narrow.sel(rows="renormalised").item() == pytest.approx(error(encoder.limit_span(2)), rel=1e-5)
    assert narrow.sel(rows="published").item() == pytest.approx(
        error(encoder.limit_span(2, renormalise=False)), rel=1e-5
    )
    np.testing.assert_array_equal(hidden["score"].isel(step=0), 0)


def test_the_intact_step_is_what_probe_says(tiny_pretrained, tiny_corpus, tmp_path, pruned):
    probed = otoscope.probe(
        tiny_pretrained,
        tiny_corpus,
        tmp_path / "probed",
        probing=otoscope.ProbingOptions(probes=("speaker-utterance",)),
    )
    score = probed.dataset["score"].sel(reader="intact", probe="speaker-utterance").item()
    assert (pruned.dataset["score"].sel(probe="speaker-utterance", step=0) == score).all()
    assert "speaker-utterance (accuracy)" in curve_table(pruned.dataset)
    assert "drop at: the first step with a star" in curve_table(pruned.dataset)


def test_stopped_curves_go_on_to_the_same_bits(tiny_pretrained, tiny_corpus, tmp_path, pruned):
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 4)
        with pytest.raises(KeyboardInterrupt):
            otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "run", **prune_options())
    resumed = otoscope.prune(
        tiny_pretrained,
        tiny_corpus,
        tmp_path / "run",
        **prune_options() | {"options": otoscope.SpeechOptions(resume=True)},
    )
    assert same_bits(resumed, pruned)


def test_rankings_of_a_run_are_pruned_by(tiny_pretrained, tiny_corpus, tmp_path, pruned):
    otoscope.rank(
        tiny_pretrained, tiny_corpus, tmp_path / "ranked", ranking=otoscope.RankingOptions(by=("weight", "random"))
    )
    again = otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "again", **prune_options(run=tmp_path / "ranked"))
    assert same_bits(again, pruned)
    asked = prune_options(by=("globalness",), run=tmp_path / "ranked")
    with pytest.raises(InputError, match="holds no ranking 'globalness'; it holds weight, random-0"):
        otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "none", **asked)
    assert not (tmp_path / "none").exists()


def test_a_run_of_another_model_or_kind_is_refused(tiny_model, tiny_pretrained, tiny_corpus, tmp_path, pruned):
    (tmp_path / "other").mkdir()
    other = save_tiny_model(tmp_path / "other", deviation=0.3)
    analyzed = otoscope.analyze(other, tiny_corpus, tmp_path / "heads", options=otoscope.SpeechOptions(limit=1))
    for given, reason in ((analyzed.path, "found another model"), (pruned.path, "holds curves")):
        with pytest.raises(InputError, match=reason):
            otoscope.rank(
                tiny_model, tiny_corpus, tmp_path / "none", ranking=otoscope.RankingOptions(by=("weight",), run=given)
            )
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"loss": "reconstruction", "by": ["fisher"]}, "has no prediction head"),
        ({"probes": ["reconstruction"]}, "has no prediction head"),
        ({"probes": ["beauty"]}, "expected one of the probes accuracy, ctc, hidden-error, phone"),
        ({"by": ["beauty"]}, "expected one of the rankings diagonality, fisher"),
        ({"step": 0}, "expected a step above 0"),
        ({"spans": (-1,)}, "expected spans of 0 frames or more"),
        ({"spans": (1, 10**20)}, "expected a span of at most 1000000 frames, got 100000000000000000000"),
        (
            {"options": otoscope.SpeechOptions(limit=2), "probes": ["speaker-frame"]},
            "expected two speakers or more for a speaker probe, found 1",
        ),
        (
            {"options": otoscope.SpeechOptions(limit=2), "probes": ["phone"]},
            "expected utterances of two speakers or more",
        ),
        ({"permutations": 0}, "at least 1 permutation, found 0"),
        ({"seeds": 0}, "at least 1 seed"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_no_folder(changed, reason, tiny_model, tiny_corpus, tmp_path):
    with pytest.raises(InputError, match=reason):
        otoscope.prune(tiny_model, tiny_corpus, tmp_path / "none", **prune_options(**changed))
    assert not (tmp_path / "none").exists()


def test_a_loss_that_needs_labels_is_refused_where_there_are_none(tiny_model, tiny_corpus, tmp_path):
    for labels in tiny_corpus.rglob("*.TextGrid"):
        labels.unlink()
    with pytest.raises(InputError, match="expected phone labels for the probe 'phone', found none"):
        otoscope.rank(
            tiny_model, tiny_corpus, tmp_path / "none", ranking=otoscope.RankingOptions(by=("fisher",), loss="phone")
        )


def test_only_an_intact_model_is_ranked_and_pruned(tiny_model, tiny_corpus, tmp_path):
    encoder = otoscope.load(tiny_model)
    with encoder.without_heads([(0, 0)]), pytest.raises(InputError, match="expected an intact model"):
        otoscope.rank(encoder, tiny_corpus, tmp_path / "none", ranking=otoscope.RankingOptions(by=("weight",)))
    with encoder.limit_span(3), pytest.raises(InputError, match="expected an intact model"):
        otoscope.prune(encoder, tiny_corpus, tmp_path / "none", **prune_options())


def test_a_probe_can_say_what_is_harm(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.rank(
        tiny_model,
        tiny_corpus,
        tmp_path / "run",
        ranking=otoscope.RankingOptions(by=("gradient",), loss="speaker-utterance"),
    )
    assert (run.dataset["score"] > 0).all()
    assert run.dataset.attrs["loss"] == "speaker-utterance"


def test_whole_layers_go_and_pass_on_what_they_were_given(tiny_pretrained, tiny_corpus, tmp_path):
    """With steps of a layer, the heads of one layer go together; the model still gives finite scores."""
    encoder = otoscope.load(tiny_pretrained)
    with encoder.without_heads([(0, head) for head in range(3)]):
        wave = encoder.load_wave(next(iter(otoscope.read_corpus(tiny_corpus))))
        assert encoder.forward([wave]).hidden.isfinite().all()
    run = otoscope.prune(
        encoder,
        tiny_corpus,
        tmp_path / "run",
        **prune_options(by=("diagonality",), probes=("hidden-error",), step=1 / 6, spans=()),
    )
    assert np.isfinite(run.dataset["score"]).all()
    assert (run.dataset["score"].isel(step=slice(1, None)) > 0).all()


def test_a_run_by_given_rankings_keeps_their_orders_in_its_plan(tiny_pretrained, tiny_corpus, tmp_path):
    otoscope.rank(tiny_pretrained, tiny_corpus, tmp_path / "ranked", ranking=otoscope.RankingOptions(by=("weight",)))
    asked = prune_options(run=tmp_path / "ranked")
    otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "run", **asked)
    again = otoscope.prune(
        tiny_pretrained, tiny_corpus, tmp_path / "run", **asked | {"options": otoscope.SpeechOptions(resume=True)}
    )
    assert again.plan["previous_rankings"]["weight"][0] == [
        int(i) for i in np.argwhere(again.dataset["rank"][0].values == 1)[0]
    ]


def test_each_kind_of_ablation_has_curves_and_the_first_is_that_of_a_run_of_it_alone(
    tiny_pretrained, tiny_corpus, tmp_path
):
    """Kinds agree where no head is removed; each is the intervention of that name, one utterance at a time."""
    alone = otoscope.prune(
        tiny_pretrained, tiny_corpus, tmp_path / "a", **prune_options(probes=("hidden-error",), seeds=1)
    )
    options = prune_options(probes=("hidden-error",), seeds=1, ablation=ABLATION_KINDS)
    several = otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "b", **options)
    np.testing.assert_array_equal(alone.dataset["score"], several.dataset["score"])
    score = several.dataset["ablation_score"].isel(probe=0, ranking=0, direction=0)
    np.testing.assert_array_equal(score.isel(step=0), 0)
    rank = several.dataset["rank"].isel(ranking=0).values
    removed = [tuple(head) for head in np.argwhere(rank <= several.dataset["removed"].values[1])]
    encoder = otoscope.load(tiny_pretrained, device="cpu")
    waves = [encoder.load_wave(cut) for cut in otoscope.read_corpus(tiny_corpus)]
    source = encoder.measure_outputs(waves, kinds=OUTPUT_KINDS[1:])
    slow = {
        **{kind: replace_outputs(kind, removed, source) for kind in OUTPUT_KINDS},
        "uniform": uniform(removed),
        "identity": identity(removed),
        "profile": offset_profile(removed, measure_profiles(encoder, waves)),
        **{f"without-{group}": without_keys(removed, group) for group in KEY_GROUPS},
    }
    for kind in ABLATION_KINDS:
        errors = []
        for wave in waves:
            intact = encoder.forward([wave]).hidden
            with encoder.intervene(slow[kind]):
                errors.append(float((encoder.forward([wave]).hidden - intact).norm() / intact.norm()))
        assert float(score.isel(step=1).sel(ablation=kind)) == pytest.approx(np.mean(errors), rel=1e-3, abs=1e-6), kind
    assert "hidden-error (relative error), heads removed by mean" in curve_table(several.dataset)


def test_kinds_of_ablation_that_do_not_fit_are_one_line(tiny_pretrained, tiny_corpus, tmp_path):
    with pytest.raises(InputError, match=r"expected --ablation with some of zero, mean, .*, found 'half'"):
        otoscope.prune(tiny_pretrained, tiny_corpus, tmp_path / "a", **prune_options(ablation=("half",)))
    ranking = otoscope.RankingOptions(by=("leave-one-out",), ablation=("zero", "mean"))
    with pytest.raises(InputError, match="expected one kind with --ablation, found zero, mean"):
        otoscope.rank(tiny_pretrained, tiny_corpus, tmp_path / "b", ranking=ranking)


def test_retrained_probes_are_those_of_a_model_without_the_heads(tiny_pretrained, tiny_corpus, tmp_path):
    """The reference trains on the changed model as a command would; probes without training do not differ."""
    names = ("speaker-utterance", "hidden-error")
    runs = {
        how: otoscope.prune(
            tiny_pretrained, tiny_corpus, tmp_path / how, **prune_options(probes=names, seeds=1, probe_training=how)
        )
        for how in ("frozen", "retrained")
    }
    first, second = (runs[how].dataset["score"] for how in ("frozen", "retrained"))
    np.testing.assert_array_equal(first.sel(probe="hidden-error"), second.sel(probe="hidden-error"))
    np.testing.assert_array_equal(first.isel(step=0), second.isel(step=0))
    encoder = otoscope.load(tiny_pretrained, device="cpu")
    speech = read_speech(SpeechSource(tiny_corpus), encoder)
    heads = [(layer, head) for layer, count in enumerate(encoder.n_heads) for head in range(count)]
    with encoder.without_heads(heads):
        data = collect_hidden_states(encoder, speech)
    scorer = PROBES.get("speaker-utterance").scorer(data, Training(seeds=1), lambda content, compute: compute())
    expected = sum(scorer.total(index, states)[0] for index, states in enumerate(data.hidden)) / scorer.count.sum()
    last = second.sel(probe="speaker-utterance").isel(step=-1)
    np.testing.assert_allclose(last.values, expected)
    with pytest.raises(InputError, match="expected --probe-training frozen or retrained, found 'melted'"):
        prune_options(probe_training="melted")
