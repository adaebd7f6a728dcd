"""A list of cuts of any length: the cuts of `read_corpus`, of every format, read when they are used."""

import gzip
import json
import tracemalloc

import numpy as np
import pytest
from lhotse import CutSet, MonoCut, Recording, SupervisionSegment
from lhotse.supervision import AlignmentItem
from tests.helpers.corpus_tones import write_tone

from otoscope.bundled import speech
from otoscope.corpus import manifest_cuts, manifest_lines, read_corpus
from otoscope.corpus.cut_list import BUFFER_BYTES, CutList, listed
from otoscope.corpus.manifest_cuts import ManifestQuery
from otoscope.corpus.reader import list_corpus
from otoscope.errors import InputError


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return Recording.from_file(write_tone(tmp_path_factory.mktemp("audio") / "long.wav", seconds=3.0))


def cut_with(recording, **fields):
    supervision = SupervisionSegment("s1", "long", 0.25, 1.5, **fields)
    return MonoCut("c1", 0.5, 2.25, 0, supervisions=[supervision], recording=recording)


PLAIN = {
    "no fields": {},
    "a speaker and a text": {"speaker": "anna", "text": "hi"},
    "an empty speaker": {"speaker": ""},
    "metadata": {"speaker": "anna", "gender": "Female", "custom": {"age": 31, "mood": "good"}},
}
OTHER = {
    "labels": {"alignment": {"phone": [AlignmentItem("AA", 1.0, 0.5)]}},
    "custom objects": {"custom": {"more": {"age": 3}}},
}
LINES = 2000


def same_columns(a: CutList, b: CutList) -> bool:
    columns = ("ids", "seconds", "speakers", "metadata", "has_phones")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in columns)


@pytest.mark.parametrize("fields", [*PLAIN.values(), *OTHER.values()], ids=[*PLAIN, *OTHER])
def test_a_line_is_listed_as_the_cut_that_lhotse_reads(recording, tmp_path, fields):
    cuts = [cut_with(recording, **fields), MonoCut("c2", 0.0, 1.0, 0, recording=recording)]
    CutSet.from_cuts(cuts).to_file(tmp_path / "cuts.jsonl.gz")
    lines, read = list_corpus(tmp_path / "cuts.jsonl.gz"), list(read_corpus(tmp_path / "cuts.jsonl.gz"))
    assert list(lines) == read
    assert same_columns(lines, CutList.of(map(listed, read)))


@pytest.mark.parametrize(("fields", "is_plain"), [(PLAIN, True), (OTHER, False)], ids=["plain", "other"])
def test_lines_without_labels_are_plain(recording, fields, is_plain):
    query = ManifestQuery("")
    for one in fields.values():
        assert (manifest_lines.parse_plain(cut_with(recording, **one).to_dict(), query) is not None) == is_plain


TEXTS = ["hi", "so\u00fc", 'a "quote"', "a\\\\b", "", "tab\there"]
SPACED = {"separators": (",", ":"), "ensure_ascii": False}


@pytest.mark.parametrize("style", [{}, SPACED], ids=["lhotse", "without spaces"])
def test_lines_of_one_form_are_listed_as_their_json(recording, tmp_path, monkeypatch, style):
    """Lines with other values than a template takes are read as JSON: escapes, and times that JSON spells otherwise."""
    lines = []
    for number, text in enumerate(TEXTS * 3):
        cut = cut_with(recording, text=text, speaker=f"anna{number % 3}" if number % 5 else "").to_dict()
        cut["supervisions"][0] |= {
            "id": f"s{number:02}",
            "start": number % 2,
            "duration": 1e-5 if number == 7 else 1.25,
        }
        lines.append(json.dumps(cut, **style))
    (tmp_path / "cuts.jsonl").write_text("\n".join([*lines, lines[0].replace("s00", "s99").replace("1.25", "1.250")]))
    read, parsed = list(read_corpus(tmp_path / "cuts.jsonl")), []
    real = manifest_lines.decode_json_line
    monkeypatch.setattr(manifest_lines, "decode_json_line", lambda line: parsed.append(line) or real(line))
    listed_lines = list_corpus(tmp_path / "cuts.jsonl")
    assert list(listed_lines) == read
    assert len(read) == len(lines) + 1
    assert same_columns(listed_lines, CutList.of(map(listed, read)))
    as_json = {line for place, line in enumerate(lines) if place == 0 or "\\" in line or "1e-05" in line}
    assert {line.strip() for line in parsed} == as_json


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.5", "NaN"), ("1.5", "01.5"), ("1.5", "1_0"), ("1.5", "9.0"), ("0.25", "-0.5"), ('"s1"', "3"), ("[0]", "[1]")],
)
def test_a_line_of_another_form_has_no_fields(recording, old, new):
    data = cut_with(recording, speaker="anna").to_dict()
    query, line = ManifestQuery(""), json.dumps(data)
    plain = manifest_lines.parse_plain(data, query)
    form = manifest_lines.form_of(line, data, plain)
    assert manifest_lines.read_form(line, form, query) == plain
    assert manifest_lines.read_form(line.replace(old, new), form, query) is None


DAMAGES = {
    "a text as time": ("duration", "long"),
    "no time": ("start", None),
    "an infinite time": ("start", float("inf")),
    "a number as id": ("id", 3),
    "a time beyond the cut": ("duration", 9.0),
    "a list as speaker": ("speaker", ["anna"]),
}


@pytest.mark.parametrize(("name", "value"), DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_line_is_skipped_for_the_same_reason(recording, tmp_path, name, value):
    damaged = cut_with(recording).to_dict()
    damaged["supervisions"][0][name] = value
    good = MonoCut("c2", 0.0, 1.0, 0, recording=recording).to_dict()
    (tmp_path / "cuts.jsonl").write_text("\n".join(json.dumps(line) for line in (damaged, good)))
    skipped = {}
    for reader in (read_corpus, list_corpus):
        skips = skipped[reader] = []
        try:
            skips.append([str(cut.id) for cut in reader(tmp_path / "cuts.jsonl", on_skip=skips.append)])
        except InputError as error:
            skips.append(str(error))
    assert skipped[read_corpus] == skipped[list_corpus]


def test_no_audio_is_opened_where_a_manifest_states_durations(recording, tmp_path, monkeypatch):
    cuts = [cut_with(recording, **PLAIN["metadata"]), MonoCut("c2", 0.0, 1.0, 0, recording=recording)]
    CutSet.from_cuts(cuts).to_file(tmp_path / "cuts.jsonl")
    monkeypatch.setattr(manifest_cuts, "read_header", None)
    assert [cut.id for cut in list_corpus(tmp_path / "cuts.jsonl")] == ["c2", "s1"]


def test_a_file_that_is_missing_is_skipped_by_name(recording, tmp_path):
    gone = cut_with(recording).to_dict()
    gone["recording"]["sources"][0]["source"] = "gone.wav"
    good = MonoCut("c2", 0.0, 1.0, 0, recording=recording).to_dict()
    with gzip.open(tmp_path / "cuts.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(line) for line in (gone, good)))
    skipped = []
    assert [cut.id for cut in list_corpus(tmp_path / "cuts.jsonl.gz", on_skip=skipped.append)] == ["c2"]
    assert skipped[0].id == "s1"
    assert skipped[0].reason.endswith("gone.wav: expected an audio file, found none; check the path")


def test_a_folder_is_listed_as_it_is_read():
    folder, read = list_corpus(speech()), list(read_corpus(speech()))
    assert list(folder) == read
    assert same_columns(folder, CutList.of(map(listed, read)))
    assert folder.select([2, 0])[1] == read[0]


def test_the_listing_changes_with_every_field_of_a_cut(recording):
    cut = cut_with(recording, speaker="anna")
    listings = {
        CutList.of([listed(one)]).listing for one in (cut, cut_with(recording, speaker="ben"), cut.with_id("c3"))
    }
    assert len(listings) == 3


def test_a_listed_line_has_few_bytes_in_memory(recording, tmp_path):
    line = cut_with(recording, **PLAIN["a speaker and a text"]).to_dict()
    with (tmp_path / "cuts.jsonl").open("w") as file:
        for number in range(LINES):
            line["supervisions"][0]["id"] = f"utterance-{number:07}"
            print(json.dumps(line), file=file)
    tracemalloc.start()
    cuts = list_corpus(tmp_path / "cuts.jsonl")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(cuts) == LINES
    assert held - BUFFER_BYTES < 400 * LINES  # a cut of Lhotse has some thousand bytes
