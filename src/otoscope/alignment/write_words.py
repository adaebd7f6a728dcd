"""`words`: write the word times of audio files, in the same folders and with the same names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lhotse import MonoCut

from otoscope._io.atomic import atomic_write, make_folder
from otoscope._io.new_files import check_new_files
from otoscope.alignment.aligner import Aligner, Word, load_aligner
from otoscope.alignment.word_files import WORD_FORMATS
from otoscope.corpus import SkippedUtterance, load_audio, read_corpus
from otoscope.corpus.audio import audio_path
from otoscope.corpus.transcript import text_of
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE

UNSURE = 0.5


@dataclass(frozen=True)
class WordsReport:
    """What was written.

    Attributes:
        files: the files.
        num_words: number of words in all audio.
        unsure: names of audio whose mean confidence is below one half: the text may not fit.
        skipped: audio that cannot be used, with the reason.
    """

    files: tuple[Path, ...]
    num_words: int
    unsure: tuple[str, ...]
    skipped: tuple[SkippedUtterance, ...]


def words(
    aligner: str | Path | Aligner,
    audio: Sequence[str | Path],
    out: str | Path,
    *,
    formats: Sequence[str] = ("textgrid",),
    generate: bool = False,
) -> WordsReport:
    """Write the words of audio with their times.

    Args:
        aligner: what `align` saved.
        audio: audio files, and folders of speech in any layout that otoscope reads. The text is that of the corpus, or
            of a file `.txt` or `.lab` with the same name; without one the model transcribes.
        out: folder to write, with the folders of the audio.
        formats: `textgrid`, `ctm`, `json`, `srt`, `vtt`.
        generate: let the model transcribe where there is a text too.

    Returns:
        The files that were written, and the audio that was skipped.

    Raises:
        InputError: a format is unknown, two recordings have the same name, a file exists already, or no audio can be
            used.

    Examples:
        >>> words("no/aligner.json", ["speech"], "out")
        Traceback (most recent call last):
        otoscope.errors.InputError: no/aligner.json: expected an aligner, found no such file; run otoscope align first
    """
    if unknown := [name for name in formats if name not in WORD_FORMATS]:
        raise InputError(f"expected --format with some of {', '.join(WORD_FORMATS)}, found {unknown[0]!r}")
    aligner = aligner if isinstance(aligner, Aligner) else load_aligner(aligner)
    skipped: list[SkippedUtterance] = []
    files: list[Path] = []
    aligned: dict[str, list[Word]] = {}
    cuts = list(_cuts(audio, skipped))
    check_new_files(_path(Path(out) / name, form) for name, _ in cuts for form in formats)
    for name, cut in cuts:
        try:
            text = None if generate else text_of(cut)
            aligned[name] = aligner.words(load_audio(cut, SAMPLING_RATE), SAMPLING_RATE, text)
        except InputError as error:
            skipped.append(SkippedUtterance(name, str(error)))
            continue
        files += _write(Path(out) / name, aligned[name], cut.duration, formats)
    if not files:
        reason = f"; the first, {skipped[0].id}: {skipped[0].reason}" if skipped else ""
        raise InputError(f"expected audio that can be aligned, found none{reason}")
    unsure = tuple(name for name, words in aligned.items() if words and _confidence(words) < UNSURE)
    return WordsReport(tuple(files), sum(map(len, aligned.values())), unsure, tuple(skipped))


def _confidence(words: Sequence[Word]) -> float:
    return sum(word.confidence for word in words) / len(words)


def _cuts(audio: Sequence[str | Path], skipped: list[SkippedUtterance]) -> Iterator[tuple[str, MonoCut]]:
    """Iterate over all cuts, each with the name of its output: path in the folder, without a suffix."""
    for source in map(Path, audio):
        cuts = list(read_corpus(source, on_skip=skipped.append))
        paths = [audio_path(cut) for cut in cuts]
        for cut, path in zip(cuts, paths, strict=True):
            is_in_folder = source.is_dir() and Path(path).is_relative_to(source)
            name = Path(path).relative_to(source) if is_in_folder else Path(Path(path).name)
            yield str(name.with_suffix("")) if paths.count(path) == 1 else str(name.parent / cut.id), cut


def _write(target: Path, words: Sequence[Word], seconds: float, formats: Sequence[str]) -> Iterator[Path]:
    make_folder(target.parent)
    for name in formats:
        path, writer = _path(target, name), WORD_FORMATS[name][1]
        with atomic_write(path) as partial:
            partial.write_text(writer(words, seconds, target.name), encoding="utf-8")
        yield path


def _path(target: Path, name: str) -> Path:
    """Return the file of a recording in a format."""
    return target.with_name(target.name + WORD_FORMATS[name][0])
