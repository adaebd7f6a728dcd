"""Features are kept whole or not at all, and every utterance without any is accounted for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from otoscope.corpus import load_audio, read_corpus
from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.pretraining.corpora import list_corpora, read_corpora
from otoscope.pretraining.feature_store import read_features, rejection_reason, write_features
from otoscope.runs.selection import Selection

EXTRACTOR = MockingjayFeatureExtractor()


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(samples).normal(size=samples).astype(np.float32) / 10


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    waves = [noise(8000), noise(16000), noise(1234)]
    write_features(waves, EXTRACTOR, tmp_path / "kept")
    features = read_features(tmp_path / "kept")
    assert features.lengths.tolist() == [1 + len(wave) // 160 for wave in waves]
    for utterance, wave in enumerate(waves):
        frames = EXTRACTOR(wave, sampling_rate=16000)["input_features"][0]
        np.testing.assert_array_equal(features[utterance], np.asarray(frames, np.float16).astype(np.float32))


def test_waves_without_a_frame_or_a_sound_keep_their_place(tmp_path: Path) -> None:
    write_features([noise(200), noise(201), np.zeros(16000, np.float32), noise(800)], EXTRACTOR, tmp_path / "kept")
    assert read_features(tmp_path / "kept").lengths.tolist() == [0, 2, 0, 6]


def test_unusable_waves_say_why() -> None:
    assert "200 samples is shorter than one frame" in rejection_reason(noise(200))
    assert rejection_reason(np.zeros(300)) == "digital silence"
    assert rejection_reason(noise(201)) == ""


def test_features_that_fail_while_written_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = np.save

    def full_disk_at_the_second_file(path: Path, array: np.ndarray) -> None:
        if path.name == "starts.npy":
            raise OSError(28, "No space left on device")
        save(path, array)

    monkeypatch.setattr(np, "save", full_disk_at_the_second_file)
    with pytest.raises(InputError, match="disk full while writing"):
        write_features([noise(8000)], EXTRACTOR, tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []


def test_speech_counts_what_it_holds_and_names_what_it_leaves_out(speech_folder: Path, tmp_path: Path) -> None:
    corpus_features = read_corpora(["$SPEECH/awb", "$SPEECH/slt"], EXTRACTOR, tmp_path)
    assert [corpus.name for corpus in corpus_features.corpora] == ["$SPEECH/awb", "$SPEECH/slt"]
    assert [corpus.utterances for corpus in corpus_features.corpora] == [9, 9]
    assert sum(corpus.hours for corpus in corpus_features.corpora) == pytest.approx(
        len(corpus_features.features.frames) / 360_000
    )
    reasons = {utterance.id: utterance.reason for utterance in corpus_features.skipped}
    assert sorted(reasons) == ["broken", "short", "silent"]
    assert "100 samples" in reasons["short"]
    assert reasons["silent"] == "digital silence"
    assert "broken.flac" in reasons["broken"]


def test_corpora_to_train_on_are_selected_from_together(speech_folder: Path) -> None:
    whole = list_corpora(["$SPEECH/awb", "$SPEECH/slt"])
    first = len(whole.parts[0])
    listing = list_corpora(["$SPEECH/awb", "$SPEECH/slt"], Selection(limit=first + 2))
    assert [len(part) for part in listing.parts] == [first, 2]
    assert listing.fingerprint != whole.fingerprint


def test_kept_features_are_those_of_the_corpora_in_their_order(
    speech_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_corpora(["$SPEECH/awb", "$SPEECH/slt"], EXTRACTOR, tmp_path)
    turned = read_corpora(["$SPEECH/slt", "$SPEECH/awb"], EXTRACTOR, tmp_path)
    cut = next(iter(read_corpus(speech_folder / "awb")))
    own = EXTRACTOR(load_audio(cut, 16000), sampling_rate=16000)["input_features"][0].astype(np.float16)
    np.testing.assert_array_equal(first.features[0], own)
    np.testing.assert_array_equal(turned.features[len(turned.features.lengths) - 9], own)

    def never(*_: object) -> None:
        raise AssertionError("the features were made again")

    monkeypatch.setattr("otoscope.pretraining.corpora.write_features", never)
    again = read_corpora(["$SPEECH/awb", "$SPEECH/slt"], EXTRACTOR, tmp_path)
    np.testing.assert_array_equal(again.features.frames, first.features.frames)
    assert again.skipped == first.skipped


def test_speech_of_which_nothing_can_be_used_says_how_much_and_why(tmp_path: Path) -> None:
    """Else training would only say that there are too few utterances."""
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.full(16000, np.nan, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(
        InputError, match=r"not one of 2 utterances of .* can be used; a: .*a.wav.* 16000 NaN or infinite"
    ):
        read_corpora([str(tmp_path)], EXTRACTOR, tmp_path / "kept")


def test_a_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_corpora([str(tmp_path / "nowhere")], EXTRACTOR, tmp_path)
