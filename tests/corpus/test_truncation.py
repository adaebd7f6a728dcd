"""In every container, audio that is cut or joined is refused with the numbers, and whole audio is read."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.helpers.corpus_tones import sphere, tone, write_tone

from otoscope.corpus import load_audio, read_corpus
from otoscope.corpus.truncation import CONTAINERS, check_whole
from otoscope.errors import InputError

SAMPLES = 40000
OTHER_CONTAINERS = ["PAF", "SVX", "VOC", "IRCAM", "MAT4", "MAT5", "PVF", "XI", "AVR", "WVE", "MPC2K"]


def write(file: Path, container: str, subtype: str | None = None) -> bytes:
    """The bytes of a tone of 2.5 s; `OPUS` is Ogg with Opus."""
    name, subtype = ("OGG", "OPUS") if container == "OPUS" else (container, subtype)
    soundfile.write(file, tone(2.5), 16000, format=name, subtype=subtype)
    return file.read_bytes()


@pytest.fixture(scope="module", params=[*CONTAINERS, "OPUS"])
def audio(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of whole audio in each container that is read."""
    return write(tmp_path_factory.mktemp("whole") / "audio", request.param)


def test_whole_audio_is_read_from_a_file_and_from_memory(audio: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(audio)
    assert check_whole(tmp_path / "a").frames == check_whole(audio).frames == SAMPLES


@pytest.mark.parametrize("share", [0.4, 0.5, 0.9, 0.995])
def test_cut_audio_is_refused_or_decodes_to_less_than_its_header_declares(audio: bytes, share: float) -> None:
    """FLAC alone has nothing to check before it is decoded."""
    cut = audio[: int(share * len(audio))]
    if audio.startswith(b"fLaC"):
        assert check_whole(cut).frames == SAMPLES
        return
    with pytest.raises((InputError, soundfile.LibsndfileError)) as refusal:
        check_whole(cut)
    if isinstance(refusal.value, InputError):
        assert "truncated" in str(refusal.value)


def test_joined_audio_is_refused(audio: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """And before the decoder opens it, which would print a warning of its own."""
    with pytest.raises(InputError, match="expected one stream of audio, found a second one"):
        check_whole(audio + audio)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("container", OTHER_CONTAINERS)
def test_a_container_that_hides_truncation_is_refused_by_name(tmp_path: Path, container: str) -> None:
    content = write(tmp_path / "a", container)
    for size in (len(content), len(content) // 2):
        with pytest.raises(InputError, match=f"found {container}, which does not show whether it is whole; convert"):
            check_whole(content[:size])


def test_the_message_has_both_numbers(tmp_path: Path) -> None:
    content = write(tmp_path / "a", "AIFF")
    with pytest.raises(
        InputError, match=r"expected 80008 bytes of audio as its header declares, found 40008: it is trun"
    ):
        check_whole(content[: len(content) - 40000])


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_wav_of_either_byte_order_is_checked(tmp_path: Path, endian: str) -> None:
    soundfile.write(tmp_path / "a.wav", tone(), 16000, endian=endian)
    content = (tmp_path / "a.wav").read_bytes()
    assert check_whole(content).frames == 16000
    with pytest.raises(InputError, match="expected 32000 bytes of audio as its header declares, found 31900"):
        check_whole(content[:-100])


def test_a_wav_header_written_before_the_recording_ended_is_refused(tmp_path: Path) -> None:
    """The decoder would read the declared second and ignore the rest."""
    content = bytearray(write_tone(tmp_path / "a.wav").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", 16000)
    with pytest.raises(InputError, match="expected 16000 bytes of audio as its header declares, found 32000"):
        check_whole(bytes(content))


def test_chunks_tags_and_zeros_may_follow_the_audio(tmp_path: Path) -> None:
    content = write_tone(tmp_path / "a.wav").read_bytes()
    for rest in (b"LIST\x04\x00\x00\x00INFO", b"TAG" + b"artist".ljust(125), bytes(512), b"\x00"):
        assert check_whole(content + rest).frames == 16000


def test_a_second_chunk_of_audio_is_refused(tmp_path: Path) -> None:
    content = write_tone(tmp_path / "a.wav").read_bytes()
    with pytest.raises(InputError, match="expected one chunk of audio, found a second one"):
        check_whole(content + b"data\x04\x00\x00\x00\x01\x00\x02\x00")


def _without_xing_header(file: Path, mode: str) -> bytes:
    soundfile.write(file, tone(2.5, 44100), 44100, bitrate_mode=mode, compression_level=0.5)
    content = file.read_bytes()
    return content[content.index(b"\xff\xfb", 4) :]


def test_mp3_of_one_bit_rate_without_a_header_is_read_whole_even_if_joined(tmp_path: Path) -> None:
    """The decoder estimates 111841 samples for the 97 frames of 1152; it reads on into a second file."""
    content = _without_xing_header(tmp_path / "a.mp3", "CONSTANT")
    assert check_whole(content).frames == 97 * 1152
    (tmp_path / "a.mp3").write_bytes(content + content)
    assert load_audio(read_corpus(tmp_path / "a.mp3")[0], 44100).shape == (2 * 97 * 1152,)


def test_mp3_whose_length_the_decoder_underestimates_is_refused(tmp_path: Path) -> None:
    """It would read a quarter of the speech."""
    content = _without_xing_header(tmp_path / "a.mp3", "VARIABLE")
    with pytest.raises(InputError, match="length of 111744 samples, found none, and the decoder would read 2"):
        check_whole(content)


def test_joined_mp3_with_tags_between_is_refused(tmp_path: Path) -> None:
    content = b"ID3\x03\x00\x00\x00\x00\x01\x00" + bytes(128) + write(tmp_path / "a.mp3", "MP3")
    assert check_whole(content).frames == SAMPLES
    with pytest.raises(InputError, match="expected one stream of audio, found a second one"):
        check_whole(content + content)


def test_ogg_without_a_page_in_the_middle_is_refused(tmp_path: Path) -> None:
    content = write(tmp_path / "a.ogg", "OGG")
    pages = content.split(b"OggS")
    with pytest.raises(InputError, match="expected page 3 of its Ogg stream, found 4"):
        check_whole(b"OggS".join(pages[:4] + pages[5:]))


def test_sphere_of_another_number_of_samples_is_refused() -> None:
    content = sphere(tone())
    assert check_whole(content).frames == 16000
    with pytest.raises(
        InputError, match="expected 32000 bytes of audio as its header declares, found 32200: its header"
    ):
        check_whole(content + bytes(200))


def test_compressed_sphere_is_named_with_what_to_do() -> None:
    """As LDC distributes corpora; it is shorter than its samples, but whole."""
    coding = b"sample_coding -s26 pcm,embedded-shorten-v2.00\n"
    content = sphere(np.zeros(100, np.float32))
    header = content[:1024].replace(b"end_head\n" + b" " * len(coding), coding + b"end_head\n")
    assert len(header) == 1024
    with pytest.raises(InputError, match=r"found it shorten-compressed; convert the file first, as with `sph2pipe"):
        check_whole(header + b"ajkg\x02" + bytes(50))
