"""VoxAngeles: a folder `audited_aligned` with a folder for each language; TextGrids with words and phones in IPA.

Chodroff et al., Phonetic segmentation of the UCLA Phonetics Lab Archive, LREC-COLING 2024. The corpus names no
speakers, and recordings of one language share one or a few. So the language is used as the speaker: no language is in
two parts of a split. The folder `unaudited` is ignored, because its labels are not corrected.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.labels import Interval
from otoscope.corpus.praat import Tier, read_grid
from otoscope.corpus.utterance import Annotation, Utterance
from otoscope.errors import InputError

FOLDER, SUFFIX = "audited_aligned", ".textgrid"
PHONE_TIERS = ("phone", "phones", "narrow")
WORD_TIERS = ("word", "words")
SILENCES = frozenset({"sp", "sil", "sil+"})


def voxangeles(listing: FileIndex) -> Iterator[Utterance]:
    """Yield one utterance per audited audio file."""
    for audio in filter(_is_audited, listing.audio):
        if file := listing.label_file(audio, SUFFIX):
            language = audio.absolute().parent.name
            yield Utterance(listing.id(audio), audio, language, partial(_annotation, file))


def _is_audited(audio: Path) -> bool:
    return FOLDER in audio.absolute().parent.parts


def _annotation(file: Path, sampling_rate: int) -> Annotation:
    grid = read_grid(file)
    phones, words = (_named(grid.tiers, names) for names in (PHONE_TIERS, WORD_TIERS))
    if phones is None:
        present = ", ".join(tier.name for tier in grid.tiers) or "none"
        raise InputError(f"{file}: expected a tier phone, phones or Narrow, found {present}; rename the tier of phones")
    named = [interval._replace(symbol="sil") if interval.symbol in SILENCES else interval for interval in phones]
    return Annotation(None, named, words or [], (grid.start, grid.end))


def _named(tiers: Iterable[Tier], names: Iterable[str]) -> list[Interval] | None:
    return next((tier.intervals for tier in tiers if tier.name.strip().lower() in names), None)


FORMAT = CorpusFormat(
    Layout.LABELS,
    lambda query: any(_is_audited(audio) and query.files.label_file(audio, SUFFIX) for audio in query.files.audio),
    lambda query: voxangeles(query.files),
    reads=lambda file: file.suffix.lower() == SUFFIX and FOLDER in file.absolute().parts,
    priority=1,
)
