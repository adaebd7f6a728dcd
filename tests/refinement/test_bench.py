"""What `bench` reports is what is there: multiplications, parameters, bytes; times only that they are times."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from tests.helpers.refinable_models import SOME
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import text_normalizer, word_errors
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement import bench as bench_module
from otoscope.refinement.bench import bench
from otoscope.refinement.bench_options import BenchOptions
from otoscope.refinement.macs import count_macs
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

pytestmark = pytest.mark.slow


def test_multiplications_of_the_tiny_hubert_by_hand(original: Callable[[str], Path]) -> None:
    """One second: 49 or 50 frames of 48 numbers, 4 heads of 12, 64 in the feed-forward, three layers."""
    encoder = load(original("hubert-layer"), device="cpu")
    macs, frames = count_macs(encoder, 1.0), encoder.num_frames(np.zeros(16000))
    assert macs["attention projections"] == 3 * 4 * 48 * 48 * frames
    assert macs["feed-forward"] == 3 * 2 * 48 * 64 * frames
    assert macs["attention"] == 3 * 2 * 48 * frames**2
    first = (16000 - 10) // 5 + 1
    second = (first - 8) // 16 + 1
    convolutions = 32 * (10 * first + 8 * 32 * second + 4 * 32 * frames)
    position = (frames + 1) * 48 * (48 // 4) * 16  # an even kernel makes one frame too many, which is dropped
    assert macs["front end"] == convolutions + 32 * 48 * frames + position


def test_a_refined_model_multiplies_less(original: Callable[[str], Path], tmp_path: Path) -> None:
    refine(original("mockingjay"), tmp_path / "out", remove=SOME, options=RefinementOptions(span=2))
    before, after = (count_macs(load(name, device="cpu"), 4.0) for name in (original("mockingjay"), tmp_path / "out"))
    assert after["attention projections"] * 12 == before["attention projections"] * 8
    assert after["feed-forward"] == before["feed-forward"]
    assert after["front end"] == before["front end"]
    frames = load(original("mockingjay"), device="cpu").num_frames(np.zeros(64000))
    assert after["attention"] == 2 * 8 * 12 * -(-frames // 32) * 32 * 36


def test_a_report_of_two_models(original: Callable[[str], Path], tmp_path: Path) -> None:
    refine(original("mockingjay"), tmp_path / "out", remove=SOME, options=RefinementOptions(span=2))
    measured = bench(tmp_path / "out", original("mockingjay"), seconds=[1], rounds=2)
    assert measured.parameters == tuple(
        sum(p.numel() for p in load(name, device="cpu").model.parameters())
        for name in (tmp_path / "out", original("mockingjay"))
    )
    assert measured.disk[0] == (tmp_path / "out" / "model.safetensors").stat().st_size
    refined, whole = measured.costs[1]
    assert 0 < refined.latency.low <= refined.latency.median <= refined.latency.high
    assert refined.peak > 100
    assert sum(refined.macs.values()) < sum(whole.macs.values())
    assert measured.ratios[1].low > 0
    for shown in ("parameters", "weights on disk", "latency", "times as fast", "peak memory", "attention projections"):
        assert shown in measured.table


def test_one_model_alone_has_no_ratio(original: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "peak_memory", lambda models, seconds: {1: [123.0]})  # measured above
    measured = bench(original("whisper"), seconds=[1], rounds=1)
    assert not measured.ratios
    assert "times as fast" not in measured.table
    assert measured.costs[1][0].macs["attention"] == 3 * 2 * 48 * 300**2  # silence included


def test_models_outside_of_refinement_are_counted_too(original: Callable[[str], Path]) -> None:
    encoder = load(original("wavlm-layer"), device="cpu")
    assert count_macs(encoder, 1.0)["attention projections"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seconds": []}, "expected --seconds above 0 and up to 86400 .*found none"),
        ({"seconds": [1, 0]}, "expected --seconds above 0 and up to 86400 .*found 1, 0"),
        ({"seconds": [float("nan")]}, "expected --seconds above 0 and up to 86400 .*found nan"),
        ({"seconds": [1e25]}, "expected --seconds above 0 and up to 86400 .*found 1e\\+25"),
        ({"seconds": [float("inf")]}, "expected --seconds above 0 and up to 86400 .*found inf"),
        ({"rounds": 0}, "expected at least 1 round, got 0"),
        ({"against": "no/such/model/here"}, "model folder no/such/model/here does not exist"),
        ({"seconds": [0.001]}, "shorter than one frame"),
    ],
)
def test_what_cannot_be_measured_is_refused(options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bench("bundled", **{"seconds": [1], **options})


def test_lengths_that_a_model_cannot_take_are_skipped_with_the_reason(original, monkeypatch) -> None:
    monkeypatch.setattr(bench_module, "peak_memory", lambda models, seconds: {length: [1.0] for length in seconds})
    measured = bench(original("whisper"), seconds=[1, 60], rounds=1)
    assert list(measured.costs) == [1]
    assert "longer than the 6 s" in measured.skipped[60]
    assert re.search(r"60 s of audio +skipped: audio of 60.0 s is longer", measured.table)
    assert re.search(r"input length +6 s always", measured.table)


def test_batches_and_threads_have_latencies_of_their_own(original, monkeypatch) -> None:
    monkeypatch.setattr(bench_module, "peak_memory", lambda models, seconds: {1: [1.0, 1.0]})
    before = torch.get_num_threads()
    options = BenchOptions(batches=(1, 3), threads=(1, 2))
    measured = bench(original("mockingjay"), original("mockingjay"), seconds=[1], rounds=1, options=options)
    settings = {(speed.batch, speed.threads) for speed in measured.speeds}
    assert settings | {(1, before)} == {(1, 1), (1, 2), (3, 1), (3, 2)} | {(1, before)}
    assert all(speed.ratio is not None and len(speed.latencies) == 2 for speed in measured.speeds)
    assert "batch 3, threads 2: times as fast" in measured.table
    assert torch.get_num_threads() == before


def test_encoders_are_compared_on_disk_by_the_same_rule(original, tmp_path: Path, monkeypatch) -> None:
    """The bytes of the encoder in the file that `refine` writes; the decoder is in that file too."""
    monkeypatch.setattr(bench_module, "peak_memory", lambda models, seconds: {1: [1.0]})
    measured = bench(original("whisper"), seconds=[1], rounds=1)
    refine(original("whisper"), tmp_path / "out", remove=[])
    weights = load_file(tmp_path / "out" / "model.safetensors")
    encoder = [weight for name, weight in weights.items() if name.startswith("model.encoder.")]
    assert measured.encoder_disk == (sum(weight.numel() * weight.element_size() for weight in encoder),)
    assert measured.encoder_disk[0] < (tmp_path / "out" / "model.safetensors").stat().st_size


def test_the_task_is_scored_on_a_corpus(tmp_path: Path, monkeypatch) -> None:
    """By word errors counted by hand; the speech is that of the corpus, repeated."""
    monkeypatch.setattr(bench_module, "peak_memory", lambda models, seconds: {1: [1.0]})
    model = save_transcriber(tmp_path / "model", seconds=6)
    (tmp_path / "speech").mkdir()
    for name, text in {"a": "a cab", "b": "bad"}.items():
        soundfile.write(tmp_path / "speech" / f"{name}.wav", noise(0.6), 16000)
        (tmp_path / "speech" / f"{name}.txt").write_text(text, encoding="utf-8")
    measured = bench(model, seconds=[1], rounds=1, options=BenchOptions(corpus=tmp_path / "speech"))
    transcriber = load_transcriber(model)
    texts = transcribe_waves(transcriber, [soundfile.read(tmp_path / "speech" / "a.wav", dtype="float32")[0]])
    errors = [word_errors(text_normalizer(transcriber), text, texts[0]).errors for text in ("a cab", "bad")]
    assert measured.scores[0].value == pytest.approx(sum(errors) / 3)
    assert measured.scores[0].utterances == 2
    assert "word error rate (2 utterances)" in measured.table


def test_wrong_batches_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected --batches of 1 or more .*found 0 and none"):
        BenchOptions(batches=(0,))
