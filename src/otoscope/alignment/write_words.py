"""`words`: write the word times of audio files, in the same folders and with the same names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from lhotse import MonoCut

from otoscope._io.atomic import atomic_write, make_folder
from otoscope._io.new_files import check_new_files
from otoscope.alignment.aligner import Aligner, load_aligner
from otoscope.alignment.options import WordOptions
from otoscope.alignment.word import Word
from otoscope.alignment.word_files import WORD_FORMATS
from otoscope.corpus import SkippedUtterance, load_audio, read_corpus
from otoscope.corpus.audio import audio_path
from otoscope.corpus.transcript import text_of
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.runs.executors.process_map import map_in_processes
from otoscope.runs.progress import progress

UNSURE = 0.3
"""Mean probability of words: that of 24 utterances of TIMIT is at least .68, and with another text at most .06."""


@dataclass(frozen=True)
class WordsReport:
    """What was written.

    Attributes:
        files: the files.
        num_words: number of words in all audio.
        unsure: names of audio whose words have a mean probability below .3: the text may not be what is said.
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
    options: WordOptions | None = None,
) -> WordsReport:
    """Write the words of audio with their times.

    Args:
        aligner: what `align` saved.
        audio: audio files, and folders of speech in any layout that otoscope reads. The text is that of the corpus, or
            of a file `.txt` or `.lab` with the same name; without one the model transcribes.
        out: folder to write, with the folders of the audio.
        options: forms of the files, whether and how the model transcribes, and the number of processes.

    Returns:
        The files that were written, and the audio that was skipped.

    Raises:
        InputError: two recordings have the same name, a file exists already, several processes are asked for with an
            `Aligner` instead of its path, or no audio can be used.

    Examples:
        >>> words("no/aligner.json", ["speech"], "out")
        Traceback (most recent call last):
        otoscope.errors.InputError: no/aligner.json: expected an aligner, found no such file; run otoscope align first
    """
    options = options or WordOptions()
    if options.workers > 1 and isinstance(aligner, Aligner):
        raise InputError("expected the path of an aligner for several workers, found an Aligner; save it")
    _load.cache_clear()  # the file may have changed since
    source = aligner if isinstance(aligner, Aligner) else str(aligner)
    _aligner(source)  # before the audio is read
    skipped: list[SkippedUtterance] = []
    cuts = list(_cuts(audio, skipped))
    check_new_files(_path(Path(out) / name, form) for name, _ in cuts for form in options.format)
    job = partial(_align_cut, source, Path(out), options)
    aligned: list[_AlignedFile] = []
    with progress("aligning words", sum(cut.duration for _, cut in cuts)) as on_progress:
        for (name, cut), result in zip(cuts, map_in_processes(job, cuts, options.workers), strict=True):
            if isinstance(result, InputError):
                skipped.append(SkippedUtterance(name, str(result)))
            else:
                aligned.append(result)
            on_progress(cut.duration)
    if not aligned:
        reason = f"; the first, {skipped[0].id}: {skipped[0].reason}" if skipped else ""
        raise InputError(f"expected audio that can be aligned, found none{reason}")
    files = tuple(path for item in aligned for path in item.files)
    unsure = tuple(item.name for item in aligned if item.num_words and item.probability < UNSURE)
    return WordsReport(files, sum(item.num_words for item in aligned), unsure, tuple(skipped))


class _AlignedFile(NamedTuple):
    """The files of one recording, and the mean probability of its words."""

    name: str
    files: tuple[Path, ...]
    num_words: int
    probability: float


def _align_cut(
    source: str | Aligner, out: Path, options: WordOptions, item: tuple[str, MonoCut]
) -> _AlignedFile | InputError:
    """Write the files of one recording, or return why it cannot be used."""
    name, cut = item
    try:
        text = None if options.generate else text_of(cut)
        wave = load_audio(cut, SAMPLING_RATE)
        words = _aligner(source).words(wave, SAMPLING_RATE, text, generation=options)
    except InputError as error:
        return error
    files = tuple(_write(out / name, words, cut.duration, options.format))
    return _AlignedFile(name, files, len(words), _mean_probability(words))


def _aligner(source: str | Aligner) -> Aligner:
    return source if isinstance(source, Aligner) else _load(source)


@lru_cache(maxsize=1)
def _load(path: str) -> Aligner:
    """Load the aligner once in each process."""
    return load_aligner(path)


def _mean_probability(words: Sequence[Word]) -> float:
    """Return the mean probability of words; 1 where it is unknown, and without words."""
    return sum(1.0 if word.probability is None else word.probability for word in words) / len(words) if words else 1.0


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
