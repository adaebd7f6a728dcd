"""Load the audio of utterances for a model, and skip those that the model cannot process."""

from collections.abc import Iterable, Iterator

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import SkippedUtterance
from otoscope.corpus.audio import with_file_name
from otoscope.errors import InputError, UnreachableError
from otoscope.models.encoder import Encoder
from otoscope.models.memory import check_memory


def iter_loadable(
    encoder: Encoder, cuts: Iterable[tuple[int, MonoCut]], skipped: list[SkippedUtterance], *, strict: bool
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the index and the wave `[samples]` of each cut that the model can process; add the others to `skipped`.

    Raises:
        InputError: with `strict`, for the first utterance that the model cannot process.
        UnreachableError: an address does not answer.
    """
    for index, cut in cuts:
        try:
            wave = encoder.load_wave(cut)
            encoder.check_length(wave)
            check_memory(encoder, wave)
            yield index, wave
        except UnreachableError:
            raise
        except InputError as error:
            skip(cut, error, skipped, strict=strict)


def skip(cut: MonoCut, error: InputError, skipped: list[SkippedUtterance], *, strict: bool) -> None:
    """Add an utterance and the reason to `skipped`, or raise the error if `strict`."""
    reason = with_file_name(cut, error)
    if strict:
        raise InputError(f"{cut.id}: {reason}") from error
    skipped.append(SkippedUtterance(cut.id, reason))
