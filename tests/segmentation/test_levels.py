"""Words and syllables have boundaries, tolerances, tokens and detectors of their own."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from tests.helpers.plugins import documented_example

import otoscope
from otoscope import bundled
from otoscope.errors import InputError
from otoscope.models.attention_maps import maps_and_representations
from otoscope.segmentation.builtin import attention_change, block_diagonal, state_norm
from otoscope.segmentation.detector_search import tune_detectors
from otoscope.segmentation.detectors import DETECTORS
from otoscope.segmentation.levels import LEVELS
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.table import segmentation_table
from otoscope.segmentation.tokens import count_tokens
from otoscope.segmentation.units import units_of, with_silences

RANDOM = np.random.default_rng(0)
MAP = RANDOM.dirichlet(np.ones(12), size=12)
TWO = otoscope.SpeechOptions(speakers=("awb", "kal16"), sample=2, balanced="speaker")


def test_units_cover_the_audio_and_words_that_overlap_part_where_the_later_one_is_clipped():
    assert with_silences([("she", 0.1, 0.4), ("had", 0.3, 0.5), ("it", 0.7, 0.9)], 1.0) == [
        ("", 0.0, 0.1),
        ("she", 0.1, 0.4),
        ("had", 0.4, 0.5),
        ("", 0.5, 0.7),
        ("it", 0.7, 0.9),
        ("", 0.9, 1.0),
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_the_bundled_speech_has_units_of_each_level(level):
    cut = next(iter(otoscope.read_corpus(bundled.speech())))
    units = units_of(cut, LEVELS[level])
    assert all(before[2] <= after[1] + 1e-6 for before, after in pairwise(units))
    assert len(units) > 5


def slow_tokens(words, silences, predicted, seconds, tolerance):
    edges = sorted({0.0, *predicted, seconds})
    tokens = [
        (start, end)
        for start, end in pairwise(edges)
        if not any(low < (start + end) / 2 < high for low, high in silences)
    ]
    hits, left = 0, list(tokens)
    for start, end in words:
        match = next((t for t in left if abs(t[0] - start) <= tolerance and abs(t[1] - end) <= tolerance), None)
        if match:
            hits += 1
            left = left[left.index(match) + 1 :]
    return [len(words), len(tokens), hits]


@pytest.mark.parametrize("seed", range(8))
def test_tokens_are_counted_as_slow_code_counts_them(seed):
    random = np.random.default_rng(seed)
    edges = np.sort(random.uniform(0, 3, 14)).round(3)
    spans = list(zip([0.0, *edges], [*edges, 3.0], strict=True))
    units = [("" if place % 4 == 0 else "w", *span) for place, span in enumerate(spans)]
    predicted = np.unique((edges + random.normal(0, 0.03, len(edges))).clip(0.001, 2.999))
    words, silences = ([span for symbol, *span in units if bool(symbol) == is_word] for is_word in (True, False))
    counts = count_tokens(units, predicted, 3.0, 0.05)
    assert counts.tolist() == slow_tokens(words, silences, predicted.tolist(), 3.0, 0.05)


def sides(width, total):
    return [
        (range(max(t - width, 0), max(t, 1)), range(min(t, total - 1), min(t + width, total))) for t in range(total)
    ]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_block_diagonal_score_is_that_of_its_definition(width):
    slow = []
    for before, after in sides(width, len(MAP)):
        within = MAP[np.ix_(before, before)].mean() + MAP[np.ix_(after, after)].mean()
        slow.append((MAP[np.ix_(before, after)].mean() + MAP[np.ix_(after, before)].mean()) / within)
    np.testing.assert_allclose(block_diagonal.score(MAP, (3, width))[1], slow)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_attention_change_is_the_distance_of_hellinger_between_mean_rows(width):
    slow = []
    for t in range(len(MAP)):
        before = MAP[max(t - width, 0) : t].mean(axis=0) if t else MAP[0]
        after = MAP[t : t + width].mean(axis=0)
        slow.append(-np.sqrt(max(0.0, 1 - np.sqrt(before * after).sum())))
    found = attention_change.score(MAP, (3, width))[1]
    np.testing.assert_allclose(found[1:], slow[1:], atol=1e-7)


def test_the_state_norm_is_the_mean_length_around_a_frame():
    states = RANDOM.normal(size=(9, 4))
    norms = np.linalg.norm(states, axis=1)
    assert state_norm.score(states, (3,))[0][4] == pytest.approx(norms[3:6].mean())


def test_every_detector_finds_the_border_of_two_blocks():
    blocks = np.kron(np.eye(2), np.ones((8, 8)) / 8)
    for name, detector in DETECTORS.select().items():
        if detector.features == "map":
            assert detector.score(blocks, (4,))[0].argmin() == 8, name


def test_the_documented_detector_is_one():
    names = {}
    exec(documented_example("detector.md"), names)
    scores = names["DETECTOR"].score(np.tri(8) / np.tri(8).sum(axis=1, keepdims=True), (1, 2))
    assert scores.shape == (2, 8)
    assert (scores <= 0).all()


def test_without_detectors_the_model_does_not_run():
    assert tune_detectors(SimpleNamespace(utterances=[SimpleNamespace(cut=None)]), ()) == []


def test_the_model_runs_once_on_an_utterance_for_all_tuned_detectors(tiny_model, monkeypatch):
    cut = next(iter(otoscope.read_corpus(bundled.speech())))
    utterance = LabelledUtterance([cut], 0, units_of(cut, LEVELS["word"]))
    options = otoscope.SegmentationOptions(level="word", shifts=0)
    methods = tune_detectors(SearchPart(otoscope.load(tiny_model), [utterance], options), DETECTORS.names())
    runs = []

    def counted(*arguments):
        runs.append(arguments)
        return maps_and_representations(*arguments)

    monkeypatch.setattr("otoscope.segmentation.feature_methods.maps_and_representations", counted)
    for method in methods:
        method.find(utterance, [1.0])
    assert (len(methods), len(runs)) == (3, 1)


@pytest.fixture(scope="module")
def words_run(tiny_model, tmp_path_factory):
    tuning = otoscope.SegmentationOptions(level="word", validation=("kal16",), shifts=1)
    folder = tmp_path_factory.mktemp("words") / "run"
    return otoscope.segment(tiny_model, "bundled", folder, segmentation=tuning, options=TWO)


def test_a_run_of_words_compares_all_detectors_and_reports_tokens(words_run):
    names = list(words_run.dataset["segmenter"].values)
    assert set(DETECTORS) < set(names)
    assert words_run.dataset.attrs["level"] == "word"
    assert "tolerance 50 ms" in segmentation_table(words_run)
    assert "tokens" in segmentation_table(words_run)
    assert "Montreal Forced Aligner" not in segmentation_table(words_run)
    counts = words_run.dataset["token_counts"].sum("utterance")
    f1 = 2 * counts.sel(token_count="hits") / counts.sel(token_count=["reference", "predicted"]).sum("token_count")
    np.testing.assert_allclose(words_run.dataset["token_scores"].sel(token_measure="f1"), f1)


def test_the_test_part_of_a_run_of_words_has_a_tier_of_words_and_its_segmenter_knows_its_level(words_run):
    [file] = (words_run.path / "boundaries").rglob("*.TextGrid")
    assert 'name = "words"' in file.read_text()
    assert otoscope.load_segmenter(words_run.path).origin["level"] == "word"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": "phrase"}, "expected --level phone, syllable, word; found 'phrase'"),
        ({"detectors": ("magic",)}, "expected one of the detectors attention-change, block-diagonal, state-norm"),
        ({"level": "word", "tolerance": 0.0}, "expected a tolerance above 0 seconds"),
    ],
)
def test_unknown_levels_and_detectors_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        otoscope.SegmentationOptions(**settings)
