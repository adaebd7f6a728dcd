"""The text of a cut is that of the corpus, or of a file next to the audio."""

import pytest
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import read_corpus
from otoscope.corpus.transcript import text_of
from otoscope.errors import InputError


def test_a_text_file_with_a_byte_order_mark_is_its_text(tmp_path):
    audio = write_tone(tmp_path / "u1.wav")
    (cut,) = read_corpus(tmp_path, on_skip=lambda _: None)
    assert text_of(cut) is None
    audio.with_suffix(".lab").write_text("she had\n", encoding="utf-8-sig")  # as editors of Windows write it
    assert text_of(cut) == "she had"


def test_a_text_file_in_another_encoding_is_named(tmp_path):
    write_tone(tmp_path / "u1.wav").with_suffix(".txt").write_bytes("k\xf8".encode("latin-1"))
    (cut,) = read_corpus(tmp_path, on_skip=lambda _: None)
    with pytest.raises(InputError, match=r"u1\.txt: expected text in UTF-8"):
        text_of(cut)
