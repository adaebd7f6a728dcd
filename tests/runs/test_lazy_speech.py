"""Cuts of `rank`, `probe`, `prune` and `segment` are read when they are used, to the bits of cuts in memory."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from lhotse import CutSet, MonoCut
from tests.helpers.corpus_tones import write_tone
from tests.helpers.run_bits import same_bits

import otoscope
from otoscope import ProbingOptions, SegmentationOptions, SpeechOptions, bundled
from otoscope.corpus.cut_list import CutList
from otoscope.importance import rank as rank_module
from otoscope.importance.options import RankingOptions
from otoscope.importance.rank import prepare_rank
from otoscope.models.encoder import Encoder
from otoscope.probing.probe import prepare_probe
from otoscope.pruning.options import ScheduleOptions
from otoscope.pruning.prune import prepare_prune
from otoscope.runs.speech_source import cut_coordinates, make_source, read_cuts, read_speech
from otoscope.segmentation import job as segment_module
from otoscope.segmentation.segment import prepare_segment


def write_manifest(folder):
    cuts = list(otoscope.read_corpus(bundled.speech()))[:3]
    CutSet.from_cuts(cuts).to_file(folder / "cuts.jsonl.gz")
    return folder / "cuts.jsonl.gz"


def write_kaldi(folder):
    lines = [f"u{number} {write_tone(folder / 'x' / f'{number}.wav', seconds=1.0 + number)}\n" for number in range(3)]
    (folder / "data").mkdir()
    (folder / "data" / "wav.scp").write_text("".join(lines))
    (folder / "data" / "utt2spk").write_text("u0 anna\nu1 anna\nu2 ben\n")
    (folder / "data" / "spk2gender").write_text("anna f\nben m\n")
    return folder / "data"


def write_folder(folder):
    for number in range(3):
        write_tone(folder / f"speaker{number % 2}" / f"{number}.wav", seconds=1.0 + number)
    return folder


@pytest.mark.parametrize("write", [write_manifest, write_kaldi, write_folder])
def test_a_list_has_the_cuts_the_audio_and_the_columns_of_cuts_in_memory(write, tmp_path, tiny_model):
    encoder = otoscope.load(tiny_model)
    source = make_source(write(tmp_path), SpeechOptions())
    speech, (cuts, _) = read_speech(source, encoder), read_cuts(source)
    in_memory = replace(speech, cuts=cuts)
    assert isinstance(speech.cuts, CutList)
    assert list(speech.cuts) == cuts
    for wave, cut in zip(speech.waves, cuts, strict=True):
        np.testing.assert_array_equal(wave, encoder.load_wave(cut))
    assert (speech.ids, speech.durations, speech.speakers) == (
        in_memory.ids,
        in_memory.durations,
        in_memory.speakers,
    )
    assert (speech.seconds, speech.clusters) == (in_memory.seconds, in_memory.clusters)
    lazy, whole = (cut_coordinates(own.cuts, [1, 2, 3], encoder) for own in (speech, in_memory))
    assert lazy.keys() == whole.keys()
    assert all(lazy[name].identical(whole[name]) for name in whole)


def run_rank(model, out):
    ranking = RankingOptions(by=("diagonality", "fisher"), seconds=5.0)
    return otoscope.rank(model, "bundled", out, ranking=ranking, options=SpeechOptions(limit=3))


def run_segment(model, out):
    options = SpeechOptions(limit=4)
    return otoscope.segment(model, "bundled", out, segmentation=SegmentationOptions(shifts=0), options=options)


@pytest.mark.parametrize(("run", "module"), [(run_rank, rank_module), (run_segment, segment_module)])
def test_a_run_has_the_bits_of_cuts_in_memory(run, module, tiny_pretrained, tmp_path, monkeypatch):
    lazy = run(tiny_pretrained, tmp_path / "lazy")

    def read_whole(source, encoder):
        speech = read_speech(source, encoder)
        return replace(speech, cuts=list(speech.cuts))

    monkeypatch.setattr(module, "read_speech", read_whole)
    assert same_bits(lazy, run(tiny_pretrained, tmp_path / "whole"))


PREPARE = {
    "rank": lambda model, source, few: prepare_rank(model, source, RankingOptions(by=("fisher",)), few),
    "probe": lambda model, source, few: prepare_probe(model, source, ProbingOptions(probes=("reconstruction",)), few),
    "prune": lambda model, source, few: prepare_prune(
        model, source, ScheduleOptions(by=("weight",)), ProbingOptions(probes=("hidden-error",)), few
    ),
    "segment": lambda model, source, few: prepare_segment(model, source, None, SegmentationOptions(shifts=0), few),
}


@pytest.mark.parametrize("command", PREPARE)
def test_the_number_of_cuts_in_memory_does_not_grow_with_the_corpus(command, tiny_pretrained, monkeypatch):
    few, more = (most_cuts(PREPARE[command], tiny_pretrained, limit, monkeypatch) for limit in (3, 9))
    assert 0 < few == more < 3


def most_cuts(prepare, model, limit, monkeypatch) -> int:
    """Return the most cuts in memory while a command reads its speech, and when its plan is made."""
    options, before, most = SpeechOptions(limit=limit), count_cuts(), []
    load_wave = Encoder.load_wave
    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "load_wave", lambda own, cut: most.append(count_cuts()) or load_wave(own, cut))
        job = prepare(model, make_source("bundled", options), options)
        assert job.plan["corpus"]["utterances"] == limit
        most.append(count_cuts())
    assert len(most) == limit + 1
    return max(most) - before


def count_cuts() -> int:
    return sum(type(item) is MonoCut for item in gc.get_objects())
