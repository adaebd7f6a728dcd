"""A run of `segment` chooses on the validation part and reports on the test part; slow code confirms each number."""

import numpy as np
import pytest

import otoscope
from otoscope import bundled
from otoscope.corpus import load_audio
from otoscope.phones import LabelFrames
from otoscope.segmentation import search
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries, inner_boundaries
from otoscope.segmentation.kernel_gram_detector import detect_boundaries, label_rows
from otoscope.segmentation.spectral import mfcc
from otoscope.segmentation.table import segmentation_table
from otoscope.segmentation.tuning import LabelledFeatures, tune

pytestmark = pytest.mark.slow

PUBLISHED = otoscope.SegmentationOptions(validation=("kal16",), shifts=0)
FIRST = otoscope.SpeechOptions(limit=11)

NAMES = ["MFCC", "log-mel", "representation", "best head", "ensemble", "uniform", "random"]
CHOICES = (
    "alpha",
    "beta",
    "chosen",
    "validation_r_value",
    "head_r_value",
    "head_alpha",
    "layer_r_value",
    "ensemble_rank",
)


@pytest.fixture(scope="module")
def parts():
    """Cuts of the validation voice and of the test voice."""
    cuts = list(otoscope.read_corpus(bundled.speech()))[:11]
    return [[cut for cut in cuts if cut.supervisions[0].speaker == voice] for voice in ("kal16", "awb")]


def boundaries(cut):
    return inner_boundaries((phone.start, phone.end) for phone in cut.supervisions[0].alignment["phone"])


def method_of(run, name):
    return run.dataset.sel(segmenter=name)


def r_value(run, name, mode="strict"):
    return method_of(run, name)["scores"].sel(mode=mode, measure="r_value").item()


def test_every_method_has_its_row_and_the_parts_share_no_speaker(segmented):
    assert list(segmented.dataset["segmenter"].values) == NAMES
    assert segmented.dataset.attrs["validation_speakers"] == ["kal16"]
    assert set(segmented.dataset["speaker"].values) == {"awb"}
    assert segmented.kind == "segmentation"


def test_the_best_head_and_its_scores_equal_those_of_a_slow_search(segmented, parts, tiny_model):
    """Every head is tuned on validation; that with the highest R-value segments the test part."""
    encoder, frames = otoscope.load(tiny_model), LabelFrames(0.010, 3, 0.0)

    def rows(cut, head):
        return label_rows(encoder.attention(cut, *head), 3)

    validation, test = parts
    tuned = {
        head: tune([LabelledFeatures(rows(cut, head), boundaries(cut)) for cut in validation], frames)
        for head in np.ndindex(2, 3)
    }
    best = max(tuned, key=lambda head: tuned[head].scores.r_value)
    alpha, beta = tuned[best].alpha, tuned[best].beta
    chosen = method_of(segmented, "best head")
    assert chosen["chosen"].item() == f"{best[0]}.{best[1]}"
    assert (chosen["alpha"].item(), chosen["beta"].item()) == pytest.approx((alpha, beta))
    for mode in ("strict", "lenient"):
        times_u = [detect_boundaries(rows(cut, best), alpha, beta, frames) for cut in test]
        counts = [
            count_boundaries(boundaries(cut), times, 0.020, mode == "strict")
            for cut, times in zip(test, times_u, strict=True)
        ]
        assert r_value(segmented, "best head", mode) == sum(counts, BoundaryCounts()).scores().r_value


def test_mfcc_is_tuned_and_scored_in_the_same_way(segmented, parts):
    validation, test = (
        [LabelledFeatures(mfcc(load_audio(cut, 16000), 16000), boundaries(cut)) for cut in cuts] for cuts in parts
    )
    tuned = tune(validation)
    counts = [count_boundaries(u.boundaries, detect_boundaries(u.features, tuned.alpha, tuned.beta)) for u in test]
    assert r_value(segmented, "MFCC") == sum(counts, BoundaryCounts()).scores().r_value
    assert method_of(segmented, "MFCC")["gain"].item() == 0
    gain = r_value(segmented, "best head") - r_value(segmented, "MFCC")
    assert method_of(segmented, "best head")["gain"].item() == pytest.approx(gain)


def test_naive_boundaries_have_the_rate_of_the_validation_part(segmented, parts):
    validation, test = parts
    rate = sum(len(boundaries(cut)) for cut in validation) / sum(cut.duration for cut in validation)
    seconds = sum(cut.duration for cut in test)
    for name in ("uniform", "random"):
        counts = method_of(segmented, name)["counts"].sel(mode="strict", count="predicted")
        assert counts.sum().item() == pytest.approx(rate * seconds, rel=0.05)


def test_a_larger_beta_finds_more_boundaries_on_the_curve(segmented):
    recall = method_of(segmented, "best head")["curve"].sel(mode="lenient", measure="recall")
    assert recall.isel(curve_beta=-8).item() > recall.isel(curve_beta=0).item()


@pytest.fixture
def other_test_labels(parts):
    """The same speech, the labels of the test part moved."""
    cuts = otoscope.read_corpus(bundled.speech())
    moved = {cut.id for cut in parts[1]}

    def relabelled(cut):
        if cut.id in moved:
            items = cut.supervisions[0].alignment["phone"]
            half = [item._replace(start=item.start / 2, duration=item.duration / 2) for item in items]
            cut.supervisions[0].alignment = {"phone": half}
        return cut

    return cuts.map(relabelled)


def test_tuning_ignores_the_labels_of_the_test_part(segmented, other_test_labels, tiny_model, tmp_path):
    other = otoscope.segment(
        tiny_model,
        other_test_labels,
        tmp_path / "run",
        segmentation=PUBLISHED,
        options=FIRST,
    )
    for name in CHOICES:
        np.testing.assert_array_equal(other.dataset[name].values, segmented.dataset[name].values, err_msg=name)
    assert r_value(other, "MFCC") != r_value(segmented, "MFCC")


def test_a_stopped_run_resumes_without_tuning_a_layer_twice_and_gives_the_same_bits(
    segmented, tiny_model, tmp_path, monkeypatch
):
    real, tuned = search.tune_layer, []

    def stopping(features, *rest):
        tuned.append(features.maps[0].sum())
        if len(tuned) == 2:
            raise KeyboardInterrupt
        return real(features, *rest)

    monkeypatch.setattr(search, "tune_layer", stopping)
    arguments = (tiny_model, "bundled", tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        otoscope.segment(*arguments, segmentation=PUBLISHED, options=FIRST)
    with pytest.raises(otoscope.InputError, match="unfinished"):
        otoscope.open_run(tmp_path / "run")
    run = otoscope.segment(*arguments, segmentation=PUBLISHED, options=otoscope.SpeechOptions(limit=11, resume=True))
    assert len(tuned) == 3
    assert tuned[1] == tuned[2]
    assert run.dataset.load().identical(segmented.dataset.load())


def test_another_model_adds_rows_to_the_table(segmented, tiny_model, tmp_path):
    """The rows of the first model stay the same; `segment` refuses to compare a model with itself."""
    with pytest.raises(otoscope.InputError, match=r"expected another model .*, found the same model"):
        otoscope.segment(tiny_model, "bundled", tmp_path / "run", against=tiny_model)
    other = otoscope.load(tiny_model)
    other.name = "another"
    with other.without_heads([(0, 0)]):
        run = otoscope.segment(
            tiny_model,
            "bundled",
            tmp_path / "run",
            against=other,
            segmentation=PUBLISHED,
            options=FIRST,
        )
    assert list(run.dataset["segmenter"].values) == [
        *NAMES[:5],
        *(f"{name} (against)" for name in NAMES[2:5]),
        *NAMES[5:],
    ]
    assert list(run.dataset["model"].values) == [str(tiny_model), "another"]
    for name in NAMES:
        assert r_value(run, name) == r_value(segmented, name)
    assert r_value(run, "representation (against)") != r_value(run, "representation")


def test_the_table_has_the_split_and_a_row_for_every_method(segmented):
    text = segmentation_table(segmented)
    assert "tuned on 2 utterances (1 speaker: kal16), reported on 9 (1 speaker: awb); tolerance 20 ms" in text
    for name in NAMES:
        first, *others = [line for line in text.splitlines() if f"{line.strip()} ".startswith(f"{name} ")]
        assert len(others) == text.count(" method ") - 1
        assert f"{r_value(segmented, name):.3f}" in first
        assert f"{r_value(segmented, name, 'lenient'):.3f}" in first
    assert "the Montreal Forced Aligner 3.0, which is given the phones, has a mean\ndistance below 15 ms" in text
