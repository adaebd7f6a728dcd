"""What is told over the maps of one utterance, as text."""

import pandas as pd

from otoscope.errors import BadInput
from otoscope.results import Run, frame_text
from otoscope.results.table import Format, sorted_by
from otoscope.views.similar import most_similar, similarity


def similar_heads(run: Run, utterance: str | None = None) -> pd.DataFrame:
    """One row per head of a run, with the head whose map of an utterance is most like its own: see `most_similar`.

    Args:
        run: an opened run that analyze wrote.
        utterance: one whose maps are stored; by default the first.

    Raises:
        BadInput: no maps are stored, or none of this utterance.
    """
    if not run.maps:
        raise BadInput(f"{run.path} holds no attention maps to compare; otoscope figures --utterance ID keeps some")
    heads = most_similar(similarity(run.map(utterance or run.maps[0])["attention"].values))
    return run.heads[["layer", "head", "category"]].merge(heads, how="left")


def similar_heads_table(run: Run, sort: str | None = None, format: Format = "table") -> str:
    """The same as text, heads in the order of one of its columns if `sort` names one.

    Raises:
        BadInput: unknown column or format, or no stored maps.
    """
    return frame_text(sorted_by(similar_heads(run), sort), format)
