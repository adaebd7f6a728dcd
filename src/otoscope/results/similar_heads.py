"""The most similar head of each head of a run, from the stored maps of one utterance."""

import pandas as pd

from otoscope.errors import InputError
from otoscope.maps.similarity import most_similar, similarity
from otoscope.results.run import Run
from otoscope.results.table import Format, frame_text, sorted_by


def similar_heads(run: Run, utterance: str | None = None) -> pd.DataFrame:
    """One row per head of a run, with the head whose map of an utterance is most like its own: see `most_similar`.

    Args:
        run: an opened run that analyze wrote.
        utterance: one whose maps are stored; by default the first.

    Raises:
        InputError: no maps are stored, or none of this utterance.
    """
    if not run.maps:
        raise InputError(f"{run.path} holds no attention maps to compare; otoscope figures --utterance ID keeps some")
    heads = most_similar(similarity(run.map(utterance or run.maps[0])["attention"].values))
    return run.heads[["layer", "head", "category"]].merge(heads, how="left")


def similar_heads_table(run: Run, sort: str | None = None, format: Format = "table") -> str:
    """The same as text, heads in the order of one of its columns if `sort` names one.

    Raises:
        InputError: unknown column or format, or no stored maps.
    """
    return frame_text(sorted_by(similar_heads(run), sort), format)
