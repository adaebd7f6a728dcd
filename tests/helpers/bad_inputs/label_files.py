"""Labels of each format that are empty, truncated, of the wrong type, out of order or out of the audio."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.bad_inputs.attempt import Attempt, Samples
from tests.helpers.bad_inputs.audio_files import ANALYZE, encode, noise

TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 1
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "aa"
        intervals [2]:
            xmin = 0.5
            xmax = 1
            text = "s"
"""
PHN = "0 8000 aa\n8000 16000 s\n"
NUMBERS = ("", "-1", "nan", "inf", "1e999", "0x10", "1,5", "one", "9" * 400, "1.5.2", "٣")
BYTES = {
    "empty": b"",
    "only spaces": b"  \n \n",
    "zeros": bytes(64),
    "not UTF-8": b"\xff\xfe\xfa\x80\x81" * 9,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "very long line": b"a" * 300_000,
}
KALDI = {
    "wav.scp": "u1 {here}/corpus/a.wav\n",
    "text": "u1 hello\n",
    "utt2spk": "u1 s1\n",
    "segments": "u1 u1 0.0 1.0\n",
}
LHOTSE = (
    '{"id": "u1", "start": 0, "duration": 1.0, "channel": 0, "supervisions": [{"id": "u1", "recording_id": "u1", '
    '"start": 0, "duration": 1.0, "channel": 0, "alignment": {"phone": [["aa", 0, 0.5, null]]}}], "recording": {"id": '
    '"u1", "sources": [{"type": "file", "channels": [0], "source": "{here}/corpus/a.wav"}], "sampling_rate": 16000, '
    '"num_samples": 16000, "duration": 1.0}, "type": "MonoCut"}\n'
)


def label_attempts() -> Iterator[Attempt]:
    """Yield a corpus of one audio file with bad labels each."""
    for ending, text in (("TextGrid", TEXTGRID), ("phn", PHN), ("wrd", PHN)):
        for name, content in BYTES.items():
            yield _labels(f"{ending}: {name}", {f"a.{ending}": content})
        for share in (0.2, 0.5, 0.8, 0.95):
            yield _labels(f"{ending}: {share:.0%} of it", {f"a.{ending}": text[: int(len(text) * share)].encode()})
        yield _labels(f"{ending}: lines reversed", {f"a.{ending}": "\n".join(text.splitlines()[::-1]).encode()})
        yield _labels(f"{ending}: twice", {f"a.{ending}": (text + text).encode()})
    for number in NUMBERS:
        yield _labels(
            f"TextGrid: xmax {number[:9]!r}", {"a.TextGrid": TEXTGRID.replace("xmax = 1", f"xmax = {number}").encode()}
        )
        yield _labels(
            f"TextGrid: xmin {number[:9]!r}",
            {"a.TextGrid": TEXTGRID.replace("xmin = 0.5", f"xmin = {number}").encode()},
        )
        yield _labels(
            f"TextGrid: size {number[:9]!r}", {"a.TextGrid": TEXTGRID.replace("size = 2", f"size = {number}").encode()}
        )
        yield _labels(f"phn: end {number[:9]!r}", {"a.phn": PHN.replace("8000 aa", f"{number} aa").encode()})
        yield _labels(f"phn: start {number[:9]!r}", {"a.phn": PHN.replace("8000 16000", f"{number} 16000").encode()})
        yield _labels(f"segments: end {number[:9]!r}", _kaldi({"segments": f"u1 u1 0.0 {number}\n"}))
        yield _labels(
            f"lhotse: duration {number[:9]!r}",
            {"cuts.jsonl": LHOTSE.replace('"duration": 1.0', f'"duration": {number}', 1).encode()},
        )
    for file in KALDI:
        for name, content in BYTES.items():
            yield _labels(f"kaldi {file}: {name}", {**_kaldi({}), file: content})
        yield _labels(f"kaldi {file}: one field", _kaldi({file: "u1\n"}))
        yield _labels(f"kaldi {file}: twice the key", _kaldi({file: KALDI[file] * 2}))
        yield _labels(f"kaldi {file}: another key", _kaldi({file: KALDI[file].replace("u1", "u9")}))
    for command in (
        "cat a.wav |",
        "false |",
        "rm -rf x |",
        "ark:1",
        "/dev/zero",
        "/dev/null",
        "http://127.0.0.1:9/a.wav",
    ):
        yield _labels(f"kaldi wav.scp: {command}", _kaldi({"wav.scp": f"u1 {command}\n"}))
    for name, content in BYTES.items():
        yield _labels(f"lhotse: {name}", {"cuts.jsonl": content})
        yield _labels(f"lhotse gz: {name}", {"cuts.jsonl.gz": content})
    for field in ("id", "start", "duration", "channel", "supervisions", "recording", "type"):
        for value in ("null", '"x"', "-1", "[]", "{}", "1e400", "true"):
            yield _labels(f"lhotse: {field} = {value}", {"cuts.jsonl": _lhotse_with(field, value)})


def _lhotse_with(field: str, value: str) -> bytes:
    head, _, tail = LHOTSE.rstrip().rpartition("}")
    return f'{head}, "{field}": {value}}}{tail}\n'.encode()  # the last of two equal keys counts


def _kaldi(changes: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in (KALDI | changes).items()}


def _labels(name: str, files: dict[str, bytes]) -> Attempt:
    return Attempt("labels", name, ANALYZE, _write(files))


def _write(files: dict[str, bytes]) -> Callable[[Path, Samples], None]:
    def prepare(here: Path, samples: Samples) -> None:
        (here / "corpus").mkdir()
        (here / "corpus" / "a.wav").write_bytes(encode(noise(), "wav"))
        for name, content in files.items():
            (here / "corpus" / name).write_bytes(content.replace(b"{here}", str(here).encode()))

    return prepare
