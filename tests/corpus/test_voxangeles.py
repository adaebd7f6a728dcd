"""VoxAngeles is read as its form means: audited TextGrids alone, the language as the speaker."""

import pytest
from tests.helpers.published_corpora import write_voxangeles

from otoscope.corpus import phones_of, read_corpus, speaker_of, words_of
from otoscope.errors import InputWarning
from otoscope.phones import is_silence

pytestmark = pytest.mark.filterwarnings("ignore::otoscope.errors.InputWarning")


def test_phones_of_both_names_of_the_tier_are_read_with_words_and_languages(tmp_path):
    write_voxangeles(tmp_path)
    cuts = list(read_corpus(tmp_path))
    assert [speaker_of(cut) for cut in cuts] == ["abk", "abk", "ace", "ace"]
    for cut in cuts:
        assert is_silence(phones_of(cut)[0][0])
        assert len(phones_of(cut)) > 10
        assert words_of(cut)


def test_what_is_not_audited_is_reported_as_not_read(tmp_path):
    write_voxangeles(tmp_path)
    with pytest.warns(InputWarning) as warned:
        list(read_corpus(tmp_path))
    assert any("unaudited" in str(item.message) or "TextGrid" in str(item.message) for item in warned)


def test_a_grid_without_a_tier_of_phones_costs_the_labels_of_its_audio(tmp_path):
    write_voxangeles(tmp_path)
    grid = next((tmp_path / "data" / "audited_aligned" / "abk").glob("*.TextGrid"))
    grid.write_text(grid.read_text().replace('"phones"', '"tones"'))
    skipped = []
    read_corpus(tmp_path, on_skip=skipped.append)
    assert any("expected a tier phone, phones or Narrow, found" in item.reason for item in skipped)
