"""What probes of transcription need of a corpus: texts."""

from collections.abc import Sequence

from lhotse import MonoCut

from otoscope.corpus.transcript import text_of
from otoscope.errors import InputError


def check_texts(probe: str, cuts: Sequence[MonoCut]) -> None:
    """Raise InputError if no cut has a text, which the probe of this name needs."""
    if not any(text_of(cut) for cut in cuts):
        raise InputError(
            f"expected texts for the probe '{probe}', found none in the corpus; add files .txt, or choose another probe"
        )
