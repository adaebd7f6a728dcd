"""On real speech the baselines reach their published scores; the two parts share no speaker."""

import importlib.util

import numpy as np
import pytest
import soundfile

import otoscope
from otoscope.corpus import phones_of
from otoscope.segmentation.baselines import boundary_rate, uniform_boundaries
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries, inner_boundaries
from otoscope.segmentation.protocols import count_by_protocol, reference_boundaries
from otoscope.segmentation.spectral import log_mel, mfcc
from otoscope.segmentation.tuning import LabelledFeatures, pooled_counts, tune

VALIDATION = 3  # first speakers in alphabetical order
RATIOS, BETAS = (0.2, 0.4), tuple(1.15**step for step in range(0, 9))


@pytest.fixture(scope="module")
def parts(corpora):
    """Utterances (wave, boundaries) of the validation speakers and of all others, 16 kHz."""
    root = corpora / "timit-sample"
    speakers = sorted(folder for folder in root.iterdir() if folder.is_dir())
    return [
        [utterance(audio) for speaker in part for audio in sorted(speaker.glob("*.flac"))]
        for part in (speakers[:VALIDATION], speakers[VALIDATION:])
    ]


def utterance(audio):
    wave, rate = soundfile.read(audio)
    lines = [line.split() for line in audio.with_suffix(".phn").read_text().splitlines()]
    return wave, inner_boundaries((int(start) / rate, int(end) / rate) for start, end, _ in lines)


@pytest.mark.parametrize(
    ("features", "expected"),
    [(mfcc, 0.756), (log_mel, 0.807)],
    ids=["mfcc", "log-mel"],
)
def test_baselines_reach_their_expected_scores(parts, features, expected):
    validation, test = ([LabelledFeatures(features(wave, 16000), times) for wave, times in part] for part in parts)
    tuned = tune(validation, ratios=RATIOS, betas=BETAS)
    strict, lenient = (pooled_counts(test, tuned.alpha, [tuned.beta], strict=strict)[0] for strict in (True, False))
    assert strict.scores().r_value >= expected
    assert lenient.scores().f1 > strict.scores().f1


def test_uniform_boundaries_are_far_below(parts):
    validation, test = parts
    rate = boundary_rate([times for _, times in validation], [len(wave) / 16000 for wave, _ in validation])
    assert 9 < rate < 14
    counts = [count_boundaries(times, uniform_boundaries(len(wave) / 16000, rate)) for wave, times in test]
    assert 0.3 < sum(counts, BoundaryCounts()).scores().r_value < 0.6
    assert all(np.isfinite(list(vars(count.scores()).values())).all() for count in counts)


@pytest.mark.skipif(not importlib.util.find_spec("phone_metrics"), reason="the package phone-metrics is not installed")
def test_all_labels_of_timit_are_scored_as_by_phone_metrics(corpora):
    """The package reads the labels by itself; predictions are uniform, and labels that moved by up to 40 ms."""
    from phone_metrics import PrecisionRecallMetric, boundary_secs
    from phone_metrics.timit import timit_segments

    root, generator = corpora / "timit-sample", np.random.default_rng(0)
    metric, total, cuts = (
        PrecisionRecallMetric(0.020),
        BoundaryCounts(),
        list(otoscope.read_corpus(root, on_skip=lambda _: None)),
    )
    assert len(cuts) == 120
    for cut in cuts:
        reference = boundary_secs(timit_segments(root / f"{cut.id}.phn"))
        np.testing.assert_allclose(reference_boundaries(phones_of(cut), "phone-metrics"), reference, atol=1e-9)
        moved = reference + generator.uniform(-0.04, 0.04, size=len(reference))
        for predicted in (uniform_boundaries(cut.duration, 12.0), np.unique(moved[moved > 0])):
            metric.update(reference, predicted)
            total += count_by_protocol(phones_of(cut), predicted, 0.020, "phone-metrics")
    expected = metric.compute()
    assert [total.scores().precision, total.scores().recall, total.scores().r_value] == pytest.approx(
        [expected["precision"], expected["recall"], expected["rval"]], abs=1e-8
    )
