"""The command `boundaries`: files of boundaries for any recordings, labelled or not, by a saved segmenter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

from lhotse import MonoCut

from otoscope._io.new_files import check_new_files
from otoscope.corpus import SkippedUtterance, load_audio, read_corpus
from otoscope.errors import InputError
from otoscope.runs.executors.process_map import map_in_processes
from otoscope.runs.progress import progress
from otoscope.runs.utterance_loader import skip
from otoscope.segmentation.boundary_files import RecordedBoundaries, record_path, write_record
from otoscope.segmentation.options import BoundaryOptions
from otoscope.segmentation.segmenter import Segmenter, load_segmenter, read_segmenter


@dataclass(frozen=True)
class WrittenRecording:
    """What `write_boundaries` wrote for one recording.

    Attributes:
        id: id of the recording.
        seconds: duration.
        counts: number of boundaries by each method.
        files: paths of the files.
    """

    id: str
    seconds: float
    counts: dict[str, int]
    files: tuple[str, ...]


@dataclass(frozen=True)
class BoundaryReport:
    """All recordings of one call of `write_boundaries`.

    Attributes:
        protocol: protocol of the R-value that the segmenter was tuned for.
        best: the method that divides each recording into segments.
        recordings: what was written.
        skipped: recordings that cannot be used, with the reason.
    """

    protocol: str
    best: str
    recordings: tuple[WrittenRecording, ...]
    skipped: tuple[SkippedUtterance, ...]


def write_boundaries(
    segmenter: str | Path, audio: Sequence[str | Path], out: str | Path, options: BoundaryOptions | None = None
) -> BoundaryReport:
    """Find the boundaries of recordings and write them to files, without labels.

    Args:
        segmenter: what `load_segmenter` takes.
        audio: audio files, folders of audio, or corpora.
        out: folder of the files; a file has the id of its recording.
        options: forms of the files, and how to read recordings.

    Returns:
        What was written and what was skipped.

    Raises:
        InputError: the segmenter or a path cannot be read; two recordings have the same id; a file exists already; or
            no recording can be used.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import bundled
        >>> recording = next(bundled.speech().glob("*/*.flac"))
        >>> with TemporaryDirectory() as folder:
        ...     report = write_boundaries("bundled", [recording], folder, BoundaryOptions(format=("textgrid", "csv")))
        ...     [Path(file).suffix for file in report.recordings[0].files]
        ['.TextGrid', '.csv']
    """
    options, folder, skipped = options or BoundaryOptions(), Path(out), list[SkippedUtterance]()
    _load.cache_clear()  # the file may have changed since
    content = read_segmenter(segmenter)  # before the corpus is read; only the processes that write load the model
    cuts = _read_cuts(audio, options, skipped)
    check_new_files(record_path(folder, str(cut.id), form) for cut in cuts for form in options.format)
    write = partial(_write, str(segmenter), options, folder)
    written = []
    with progress("finding boundaries", sum(cut.duration for cut in cuts)) as on_progress:
        for cut, result in zip(cuts, map_in_processes(write, cuts, options.workers), strict=True):
            if isinstance(result, InputError):
                skip(cut, result, skipped, strict=options.strict)
            else:
                written.append(result)
            on_progress(cut.duration)
    if not written:
        raise InputError(f"expected a recording to segment, found none of {len(cuts)}; {skipped[0].reason}")
    best = max(content["methods"], key=lambda method: float(method["r_value"]))["name"]
    return BoundaryReport(content["protocol"], best, tuple(written), tuple(skipped))


def _read_cuts(audio: Iterable[str | Path], options: BoundaryOptions, skipped: list[SkippedUtterance]) -> list[MonoCut]:
    corpora = (
        read_corpus(path, channel=options.channel, strict=options.strict, on_skip=skipped.append) for path in audio
    )
    return list(chain.from_iterable(corpora))


def _write(segmenter: str, options: BoundaryOptions, folder: Path, cut: MonoCut) -> WrittenRecording | InputError:
    """Write the files of one recording, or return why it cannot be used."""
    loaded = _load(segmenter, options)
    try:
        methods = loaded.all_boundaries(load_audio(cut, cut.sampling_rate), cut.sampling_rate)
    except InputError as error:
        return error
    record = RecordedBoundaries(str(cut.id), cut.duration, methods, loaded.best)
    files = tuple(str(write_record(record, folder, form, loaded.origin)) for form in options.format)
    counts = {name: len(boundaries.times) for name, boundaries in methods.items()}
    return WrittenRecording(record.id, record.seconds, counts, files)


@lru_cache(maxsize=1)
def _load(segmenter: str, options: BoundaryOptions) -> Segmenter:
    """Load the segmenter once in each process."""
    return load_segmenter(segmenter, options.model, options.device)
