"""Corpora of a reproduction: roles, names, sizes, and the probes that they allow."""

import shutil

import pytest
from lhotse import CutSet

from otoscope import bundled, read_corpus
from otoscope.papers.yang2020.corpora import EvaluationCorpus, available_probes, make_corpora
from otoscope.runs.selection import Selection


@pytest.fixture(scope="module")
def cuts():
    return list(read_corpus(bundled.speech()))


def test_labels_and_speakers_decide_which_probes_are_available(cuts):
    assert available_probes(cuts) == ["phone", "speaker-frame", "speaker-utterance", "reconstruction"]
    assert available_probes([cut.drop_supervisions() for cut in cuts]) == ["reconstruction"]
    one_each = list({cut.supervisions[0].speaker: cut for cut in cuts}.values())
    assert available_probes(one_each) == ["phone", "reconstruction"]
    unlabelled = [cut.map_supervisions(lambda supervision: supervision.with_alignment("phone", [])) for cut in cuts]
    assert available_probes(unlabelled) == ["speaker-frame", "speaker-utterance", "reconstruction"]


def test_the_size_of_a_corpus_without_labels_is_counted(tmp_path):
    for name in ("a.flac", "b.flac"):
        shutil.copy(next((bundled.speech() / "awb").glob("*.flac")), tmp_path / name)
    facts = EvaluationCorpus("speakers", str(tmp_path), "two").facts
    counts = {name: facts[name] for name in ("utterances", "speakers", "labelled", "skipped")}
    assert counts == {"utterances": 2, "speakers": 0, "labelled": 0, "skipped": 0}


def test_a_corpus_with_labels_elsewhere_is_passed_on_as_cuts():
    speech = str(bundled.speech())
    assert isinstance(EvaluationCorpus("speakers", speech, "speech", speech).source, CutSet)
    assert len(EvaluationCorpus("speakers", speech, "speech", selection=Selection(limit=2)).source) == 2
    assert EvaluationCorpus("speakers", speech, "speech").source == speech


def test_corpora_of_the_same_name_get_different_names():
    """Otherwise one label of a figure would mean two corpora."""
    names = [corpus.name for corpus in make_corpora(["pool"], "a/test", ["b/test", "b/clean"]).evaluation]
    assert names == ["a/test", "b/test", "clean"]
    names = [corpus.name for corpus in make_corpora(["pool"], "here/test", ["there/here/test"]).evaluation]
    assert names == ["here/test (phones)", "here/test (speakers)"]
