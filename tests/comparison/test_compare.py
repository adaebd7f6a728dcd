"""Differences, intervals and p-values are those of a plain jackknife over speakers, for every kind of run."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import t
from tests.helpers.example_importance import curves_dataset, ranking_dataset
from tests.helpers.example_patching import patching_dataset
from tests.helpers.example_segmentation import segmentation_dataset

import otoscope
from otoscope.errors import InputError
from otoscope.probing.probe import VARIABLES
from otoscope.segmentation.boundaries import BoundaryCounts

SPEAKERS = "aabbcc"


def jackknife(value, speakers, seeds=1):
    """Return the value and its interval: computed without each speaker, and without each seed, one after the other.

    `value(utterances, seeds)` computes it from lists of indices.
    """
    every, all_seeds = list(range(len(speakers))), list(range(seeds))
    names = sorted(set(speakers))
    sources = [[value([u for u in every if speakers[u] != name], all_seeds) for name in names]]
    if seeds > 1:
        sources.append([value(every, [s for s in all_seeds if s != seed]) for seed in all_seeds])
    variances = [(len(one) - 1) / len(one) * sum((x - np.mean(one)) ** 2 for x in one) for one in sources]
    freedom = sum(variances) ** 2 / sum(v**2 / (len(one) - 1) for v, one in zip(variances, sources, strict=True))
    center, error = value(every, all_seeds), np.sqrt(sum(variances))
    margin = t.ppf(0.975, freedom) * error
    return center, center - margin, center + margin, 2 * t.sf(abs(center) / error, freedom)


def row_of(comparison, **keys):
    rows = comparison.rows
    for name, key in keys.items():
        rows = rows[rows[name] == key]
    (row,) = rows.to_dict("records")
    return [row["difference"], row["low"], row["high"], row["p"]]


def test_a_difference_of_heads_is_paired_by_utterance_and_its_interval_is_over_speakers(runs):
    a, b = runs
    rows = [run.dataset["weight_rows"].values[:, 1, 0] for run in runs]
    expected = jackknife(lambda chosen, _: np.mean(rows[0][chosen] - rows[1][chosen]), list(a.utterances["speaker"]))
    compared = otoscope.compare(a, b, options=otoscope.ComparisonOptions(by=("weight",), level="head"))
    assert row_of(compared, layer=1, head=0) == pytest.approx(expected)
    assert (compared.pairing, compared.utterances) == ("utterance", (8, 8))


def test_two_models_are_compared_by_means_over_heads_and_one_model_by_head(runs):
    means = otoscope.compare(*runs, options=otoscope.ComparisonOptions(by=("weight", "normalised_entropy")))
    expected = runs[0].dataset["weight"].mean() - runs[1].dataset["weight"].mean()
    assert row_of(means, statistic="weight")[0] == pytest.approx(float(expected))
    assert list(means.rows) == ["statistic", "a", "b", "difference", "low", "high", "p", "p_adjusted"]
    same = otoscope.compare(runs[0], runs[0], options=otoscope.ComparisonOptions(by=("weight",)))
    assert list(same.rows)[:3] == ["layer", "head", "statistic"]
    assert (same.rows["difference"] == 0).all()


def test_length_free_statistics_are_compared_by_default(runs):
    names = set(otoscope.compare(*runs).rows["statistic"])
    assert not names & {"globalness", "verticality", "diagonality"}
    asked = otoscope.compare(*runs, options=otoscope.ComparisonOptions(by=("verticality",)))
    assert any("verticality" in note and "long" in note for note in asked.notes)


def test_a_subset_of_the_utterances_is_paired_with_its_own_values(runs):
    a, b = runs
    part = otoscope.ComparisonOptions(by=("weight",), level="model", where="frames>45")
    compared = otoscope.compare(a, b, options=part)
    chosen = (a.utterances["frames"] > 45).to_numpy()
    expected = a.dataset["weight_rows"].values[chosen].mean() - b.dataset["weight_rows"].values[chosen].mean()
    assert compared.utterances == (chosen.sum(), chosen.sum())
    assert row_of(compared, statistic="weight")[0] == pytest.approx(expected)


def test_parts_of_a_run_without_common_speakers_are_independent(runs):
    run = runs[0]
    rows, speaker = run.dataset["weight_rows"].values[:, 0, 0], run.utterances["speaker"].to_numpy()
    compared = otoscope.compare(run, options=otoscope.ComparisonOptions(by=("weight",), split="speaker"))
    a, b = (rows[speaker == name] for name in ("voice-0", "voice-1"))
    variances = [part.var(ddof=1) / len(part) for part in (a, b)]  # each part has one speaker: over utterances
    freedom = sum(variances) ** 2 / sum(v**2 / (len(part) - 1) for v, part in zip(variances, (a, b), strict=True))
    margin = t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    assert row_of(compared, layer=0, head=0)[:3] == pytest.approx(
        [a.mean() - b.mean(), a.mean() - b.mean() - margin, a.mean() - b.mean() + margin]
    )
    assert compared.pairing == "none"
    assert "not paired: 4 and 4 utterances" in compared.text


def test_parts_with_the_same_speakers_are_paired_by_speaker(runs):
    compared = otoscope.compare(runs[0], options=otoscope.ComparisonOptions(by=("weight",), split="frames<50"))
    assert compared.pairing == "speaker"
    speakers, rows = runs[0].utterances["speaker"].to_numpy(), runs[0].dataset["weight_rows"].values[:, 0, 0]
    short = (runs[0].utterances["frames"] < 50).to_numpy()

    def difference(chosen, _):
        mask = np.isin(np.arange(len(rows)), chosen)
        return rows[mask & short].mean() - rows[mask & ~short].mean()

    assert row_of(compared, layer=0, head=0) == pytest.approx(jackknife(difference, list(speakers)))


def test_other_heads_are_compared_with_one_head_of_the_same_utterances(runs):
    run = runs[0]
    compared = otoscope.compare(
        run, options=otoscope.ComparisonOptions(by=("weight", "normalised_entropy"), against="1.1")
    )
    rows = run.dataset["weight_rows"].values
    expected = jackknife(
        lambda chosen, _: np.mean(rows[chosen, 0, 1] - rows[chosen, 1, 1]), list(run.utterances["speaker"])
    )
    assert row_of(compared, layer=0, head=1, statistic="weight") == pytest.approx(expected)
    assert len(compared.rows) == 2 * (run.dataset["category"].size - 1)


def test_scores_of_rankings_are_compared_by_head_with_rows_of_each_utterance(write_run):
    names = ["weight", "fisher", "random-0"]
    datasets = [ranking_dataset(names, 2, 2, utterances=6, seed=seed) for seed in (0, 1)]
    runs = [write_run(f"ranked-{number}", dataset, SPEAKERS) for number, dataset in enumerate(datasets)]
    compared = otoscope.compare(*runs)
    assert list(dict.fromkeys(zip(compared.rows["ranking"], compared.rows["loss"], strict=True))) == [
        ("weight", ""),
        ("fisher", "hidden"),
    ]
    rows = [dataset["score_rows"].sel(ranking="fisher").values[:, 1, 0] for dataset in datasets]
    expected = jackknife(lambda chosen, _: np.mean(rows[0][chosen] - rows[1][chosen]), SPEAKERS)
    assert row_of(compared, ranking="fisher", layer=1, head=0) == pytest.approx(expected)


def test_a_score_that_is_no_mean_over_utterances_is_compared_without_an_interval(write_run):
    datasets = [ranking_dataset(["random-0"], 2, 2, utterances=6, seed=seed) for seed in (0, 1)]
    runs = [write_run(f"ranked-{number}", dataset, SPEAKERS) for number, dataset in enumerate(datasets)]
    rows = otoscope.compare(*runs, options=otoscope.ComparisonOptions(by=("random-0",))).rows
    expected = (datasets[0]["score"] - datasets[1]["score"]).values.ravel()
    assert rows["difference"].to_numpy() == pytest.approx(expected)
    assert rows[["low", "high", "p", "p_adjusted"]].isna().all(axis=None)


def test_scores_by_other_losses_are_not_compared(write_run):
    datasets = [ranking_dataset(["fisher"], 2, 2, utterances=6) for _ in range(2)]
    datasets[1]["loss_name"] = datasets[1]["loss_name"].copy(data=np.array(["reconstruction"], dtype=object))
    runs = [write_run(f"ranked-{number}", dataset, SPEAKERS) for number, dataset in enumerate(datasets)]
    with pytest.raises(
        InputError,
        match=r"share, found none: loss .* in the first, reconstruction in the second; choose runs that agree in it",
    ):
        otoscope.compare(*runs)


def test_probes_are_compared_over_speakers_and_seeds(write_run):
    runs, totals = [], []
    count = np.array([[5.0, 5, 5, 5, 5, 0]])
    for seed in (0, 1):
        total = np.random.default_rng(seed).uniform(1, 5, (1, 2, 3, 6)) * (count[:, None, None] > 0)
        values = {"total": total, "count": count, "score": np.zeros((1, 2))}
        dataset = probes_dataset(values)
        runs.append(write_run(f"probes-{seed}", dataset, SPEAKERS))
        totals.append(total[0, 1])

    def difference(chosen, seeds):
        scores = [total[seeds][:, chosen].sum(1) / count[0, chosen].sum() for total in totals]
        return float(np.mean(scores[0] - scores[1]))

    compared = otoscope.compare(*runs)
    assert row_of(compared, probe="phone", reader="untrained") == pytest.approx(jackknife(difference, SPEAKERS, 3))


def probes_dataset(values):
    names = {"probe": ["phone"], "reader": ["intact", "untrained"]}
    coords = {name: np.array(labels, dtype=object) for name, labels in names.items()}
    variables = {name: (VARIABLES[name].dims, array, VARIABLES[name].attrs) for name, array in values.items()}
    return xr.Dataset(variables, coords, {"kind": "probes"})


def test_areas_of_curves_are_those_of_the_run_and_their_difference_is_over_speakers_and_seeds(write_run):
    datasets = [curves_dataset(["weight"], ["phone"], utterances=6, seed=seed) for seed in (0, 1)]
    runs = [write_run(f"curves-{number}", dataset, SPEAKERS) for number, dataset in enumerate(datasets)]
    compared = otoscope.compare(*runs)
    for name in ("area", "span_area"):
        expected = [dataset[name].values.ravel() for dataset in datasets]
        rows = compared.rows[compared.rows["curve"] == name]
        assert rows["a"].to_numpy() == pytest.approx(expected[0])
        assert rows["difference"].to_numpy() == pytest.approx(expected[0] - expected[1])
    scores = otoscope.compare(*runs, options=otoscope.ComparisonOptions(by=("score",)))
    assert scores.rows["b"].to_numpy() == pytest.approx(datasets[1]["score"].values.ravel())

    def difference(chosen, seeds):
        areas = []
        for one in datasets:
            total = one["total"].values[0][:, seeds][:, :, chosen].sum(-1) / one["count"].values[0, chosen].sum()
            share = one["removed"].values / one["removed"].values[-1]
            areas.append(np.trapezoid(total.mean(1)[one["place"].values[0, 0]], share))
        return areas[0] - areas[1]

    first = compared.rows[compared.rows["curve"] == "area"].iloc[0]
    expected = jackknife(difference, SPEAKERS, datasets[0].sizes["seed"])
    assert [first["difference"], first["low"], first["high"], first["p"]] == pytest.approx(expected)


def test_r_values_of_boundaries_are_of_pooled_counts(write_run):
    datasets = [segmentation_dataset(utterances=6, seed=seed) for seed in (0, 1)]
    kind = {"kind": "segmentation"}
    runs = [write_run(f"of-{seed}", dataset.assign_attrs(kind), SPEAKERS) for seed, dataset in enumerate(datasets)]

    def r_value(dataset, chosen):
        pooled = dataset["counts"].sel(segmenter="MFCC", mode="strict").values[chosen].sum(axis=0)
        return BoundaryCounts(*pooled).scores().r_value

    compared = otoscope.compare(*runs)
    expected = jackknife(lambda chosen, _: r_value(datasets[0], chosen) - r_value(datasets[1], chosen), SPEAKERS)
    assert row_of(compared, segmenter="MFCC", mode="strict", measure="r_value") == pytest.approx(expected)


def test_effects_of_restored_heads_are_compared_as_shares_of_the_damage(write_run):
    datasets = [patching_dataset(["hidden-error", "phone"], 2, 2, utterances=6, seed=seed) for seed in (0, 1)]
    runs = [write_run(f"patched-{seed}", dataset, SPEAKERS) for seed, dataset in enumerate(datasets)]

    def share(dataset, name, chosen, **place):
        drop = dataset[f"{name}_drop"].sel(measure="phone", **place).values[chosen].sum()
        damage = (dataset["corrupted_loss"] - dataset["clean_loss"]).sel(measure="phone").values[chosen].sum()
        return drop / damage

    def difference(name, **place):
        return jackknife(
            lambda chosen, _: float(np.subtract(*(share(d, name, chosen, **place) for d in datasets))), SPEAKERS
        )

    compared = otoscope.compare(*runs)
    assert list(compared.rows)[:3] == ["measure", "group", "effect"]
    assert row_of(compared, measure="phone", group="vertical") == pytest.approx(
        difference("group_effect", group="vertical")
    )
    both = otoscope.compare(*runs, options=otoscope.ComparisonOptions(by=("group_effect", "effect")))
    expected = difference("effect", layer=1, head=0)
    assert row_of(both, measure="phone", effect="effect", layer=1, head=0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--split"),
        ({"against": "7.0"}, "--against with a head of the run, found 7.0"),
        ({"against": "first"}, "--against LAYER.HEAD"),
        ({"against": "1.1", "split": "speaker"}, "found 1 run with --split with --against"),
        ({"split": "dialect"}, "expected a column"),
        ({"split": "frames"}, "frames<18"),
        ({"split": "speaker", "by": ("nothing",)}, "--by with names of"),
        ({"split": "speaker", "where": "frames>999"}, "found none; choose another --where"),
        ({"split": "speaker", "where": "frames"}, "gender=f or age<18"),
        ({"split": "frames<1"}, "found none; choose another --split"),
    ],
)
def test_what_cannot_be_compared_is_an_error(runs, options, message):
    with pytest.raises(InputError, match=message):
        otoscope.compare(runs[0], options=otoscope.ComparisonOptions(**options))


def test_heads_against_a_head_prints_that_comparison(runs, otoscope_command):
    status, printed, _ = otoscope_command("heads", runs[0].path, "--against", "1.1", "--where", "frames>45")
    options = otoscope.ComparisonOptions(against="1.1", where="frames>45")
    assert (status, printed) == (0, otoscope.compare(runs[0], options=options).text)


def test_runs_of_two_kinds_are_refused(runs, write_run):
    other = write_run("curves", curves_dataset(["weight"], ["phone"], utterances=6), SPEAKERS)
    with pytest.raises(InputError, match="runs of one kind, found heads and curves"):
        otoscope.compare(runs[0], other)


def test_the_text_fits_a_terminal_and_json_and_csv_have_every_number(runs):
    compared = otoscope.compare(*runs, options=otoscope.ComparisonOptions(level="head"))
    assert max(map(len, compared.text.splitlines())) <= 100
    assert "need not correspond" in compared.text
    loaded = json.loads(compared.as_format("json"))
    assert len(loaded["rows"]) == len(compared.rows) == compared.as_format("csv").count("\n") - 1
    assert (loaded["pairing"], loaded["correction"]) == ("utterance", "holm")


def test_the_command_draws_the_differences(runs, tmp_path, otoscope_command):
    path = tmp_path / "new" / "differences.svg"
    compare = ("compare", runs[0].path, runs[1].path, "--by", "weight", "--level", "head")
    status, printed, errors = otoscope_command(*compare, "--figure", path, "--width-mm", "85")
    assert (status, errors) == (0, "")
    options = otoscope.ComparisonOptions(by=("weight",), level="head")
    compared = otoscope.compare(runs[0].path, runs[1].path, options=options)
    assert printed == compared.text
    assert all(text in path.read_text() for text in ("layer 1 head 0", "a - b (weight)", "paired on 8"))
    status, printed, errors = otoscope_command(*compare, "--figure", tmp_path / "differences.txt")
    assert (status, printed) == (2, "")
    assert "expected a file that ends with .png, .svg, .pdf" in errors
    with pytest.raises(InputError, match="expected a run of analyze for --heads, found a comparison"):
        otoscope.figure(compared, "differences", otoscope.RenderOptions(heads=[(0, 0)]))
