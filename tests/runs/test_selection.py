"""A selection uses the utterances that its options name: of speakers, by id, by a sample that any machine repeats."""

from collections import Counter

import pytest
from lhotse import CutSet, MonoCut, SupervisionSegment

import otoscope
from otoscope.errors import InputError
from otoscope.runs.selection import Selection, read_names, select, select_of_parts
from otoscope.runs.speech_source import make_source, read_cuts


@pytest.fixture(scope="module")
def cuts():
    """Three speakers: 6, 3 and 2 utterances."""
    speakers = ["a"] * 6 + ["b"] * 3 + ["c"] * 2
    return [_cut(f"u{index:02}", speaker) for index, speaker in enumerate(speakers)]


def _cut(id, speaker):
    supervision = SupervisionSegment(id, id, 0.0, 1.0, speaker=speaker)
    return MonoCut(id, 0.0, 1.0, 0, supervisions=[supervision])


def _ids(cuts):
    return [cut.id for cut in cuts]


def _speakers(cuts):
    return Counter(cut.supervisions[0].speaker for cut in cuts)


def test_speakers_and_utterances_select_what_both_name_in_the_order_of_the_corpus(cuts):
    selection = Selection(speakers=("c", "b"), utterances=("u09", "u07", "u00"))
    assert _ids(select(cuts, selection)) == ["u07", "u09"]


def test_a_limit_takes_the_first_of_the_selected_utterances(cuts):
    assert _ids(select(cuts, Selection(speakers=("b",), limit=2))) == ["u06", "u07"]


def test_a_larger_sample_contains_the_smaller_one_and_another_seed_draws_another(cuts):
    small, large, other = (
        set(_ids(select(cuts, Selection(sample=size, seed=seed)))) for size, seed in ((4, 0), (7, 0), (4, 1))
    )
    assert (len(small), len(large)) == (4, 7)
    assert small < large
    assert small != other


def test_a_sample_does_not_depend_on_the_order_of_the_corpus(cuts):
    selection = Selection(sample=5, balanced="speaker")
    assert set(_ids(select(cuts, selection))) == set(_ids(select(cuts[::-1], selection)))


@pytest.mark.parametrize(("size", "counts"), [(3, [1, 1, 1]), (6, [2, 2, 2]), (9, [4, 3, 2]), (11, [6, 3, 2])])
def test_a_balanced_sample_draws_equally_many_of_each_speaker_as_long_as_they_last(cuts, size, counts):
    drawn = select(cuts, Selection(sample=size, balanced="speaker"))
    assert sorted(_speakers(drawn).values(), reverse=True) == counts


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(speakers=("a", "zoe")), "--speakers.*zoe.*has 3 speakers: a, b, c"),
        (Selection(utterances=("u00", "u99")), "--utterances.*u99"),
        (Selection(sample=12), "at least 12 utterances.*found 11.*--sample"),
    ],
)
def test_what_the_corpus_lacks_is_an_error_that_names_it(cuts, selection, message):
    with pytest.raises(InputError, match=message):
        select(cuts, selection)


def test_a_balanced_sample_of_utterances_without_speaker_is_an_error(cuts):
    with pytest.raises(InputError, match="none of x; omit --balanced"):
        select([*cuts, _cut("x", None)], Selection(sample=2, balanced="speaker"))


def test_an_utterance_that_cannot_be_read_may_be_selected(cuts):
    assert _ids(select(cuts, Selection(utterances=("u01", "broken")), {"broken"})) == ["u01"]


def test_names_are_read_from_a_file_with_one_in_each_line(tmp_path):
    (tmp_path / "ids.txt").write_text("u01\n\nu 02, second\n")
    assert read_names([str(tmp_path / "ids.txt")]) == ("u01", "u 02, second")


def test_a_corpus_is_read_as_its_options_select(cuts):
    options = otoscope.CorpusOptions(speakers=("a",), sample=2, seed=3)
    read, _ = read_cuts(make_source(CutSet.from_cuts(cuts), options))
    assert _speakers(read) == {"a": 2}


def test_the_run_stores_its_selection(tiny_model, tiny_corpus, tmp_path):
    ids = [str(cut.id) for cut in otoscope.read_corpus(tiny_corpus)]
    options = otoscope.SpeechOptions(utterances=(ids[1],))
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=options)
    assert list(run.utterances.index) == run.plan["corpus"]["selection"]["utterances"] == [ids[1]]


def test_corpora_are_selected_from_together():
    parts = [[_cut(f"a{index}", "anna") for index in range(3)], [_cut(f"b{index}", "ben") for index in range(3)]]
    selected = select_of_parts(parts, Selection(speakers=("ben",), limit=2))
    assert [_ids(part) for part in selected] == [[], ["b0", "b1"]]
    sample = Selection(sample=2, balanced="speaker", seed=3)
    assert [len(part) for part in select_of_parts(parts, sample)] == [1, 1]
