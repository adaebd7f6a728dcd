"""Folders in the form of Buckeye and VoxAngeles, from the bundled speech."""

import shutil
from pathlib import Path

import numpy as np
import soundfile

import otoscope
from otoscope import bundled
from otoscope.corpus import load_audio, phones_of, words_of

PAUSE = 0.6
HEADER = "signal s\ntype 0\ncolor 122\nfont -misc-*-bold-*-*-*-15-*\nseparator ;\nnfields 1\n#\n"


def write_recording(folder: Path, name: str, voice: str, utterances: int = 3) -> list[list[tuple[str, float, float]]]:
    """Write a recording of some utterances with pauses between them, and return the phones of each in its seconds."""
    speech = [cut for cut in otoscope.read_corpus(bundled.speech()) if cut.id.startswith(voice)][:utterances]
    silence = np.zeros(round(PAUSE * 16000), dtype=np.float32)
    samples, time, phones, words, all_phones = [silence], PAUSE, [(PAUSE, "{B_TRANS}")], [(PAUSE, "{B_TRANS}")], []
    for cut in speech:
        inner = [phone for phone in phones_of(cut) if phone[0] != "SIL"]
        phones += [(time + inner[0][1], "SIL"), *((time + end, symbol.lower()) for symbol, _, end in inner)]
        for symbol, start, end in words_of(cut):
            words += [(time + start, "<SIL>"), (time + end, f"{symbol}; x y; x y; NN")]
        all_phones.append([(symbol.lower(), time + start, time + end) for symbol, start, end in inner])
        samples += [load_audio(cut, 16000), silence]
        time += cut.duration + PAUSE
    phones += [(time, "SIL")]
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{name}.wav", np.concatenate(samples), 16000)
    for suffix, lines in ((".phones", phones), (".words", words)):
        text = "".join(f"    {end:.6f}  122 {label}\n" for end, label in lines)
        (folder / f"{name}{suffix}").write_text(HEADER + text, encoding="latin-1")
    return all_phones


def write_voxangeles(root: Path) -> None:
    """Write two languages, one of them with a tier `Narrow`, and a folder without audit."""
    voices = {"abk": "awb", "ace": "kal16"}
    for language, voice in voices.items():
        folder = root / "data" / "audited_aligned" / language
        folder.mkdir(parents=True)
        for audio in sorted((bundled.speech() / voice).glob("*.flac"))[:2]:
            shutil.copy(audio, folder / f"{language}_{audio.name}")
            text = audio.with_suffix(".TextGrid").read_text().replace("SIL", "sil+")
            text = text.replace('"phones"', '"Narrow"') if language == "ace" else text
            (folder / f"{language}_{audio.stem}.TextGrid").write_text(text)
    other = root / "data" / "unaudited" / "bem"
    other.mkdir(parents=True)
    shutil.copy(audio, other / "bem_1.flac")
    shutil.copy(audio.with_suffix(".TextGrid"), other / "bem_1.TextGrid")
