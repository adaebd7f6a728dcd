"""Attention maps that a run stores: those of one example, and those of further utterances on request."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import MonoCut

from otoscope.attention.interventions import NO_INTERVENTION
from otoscope.corpus import fingerprint, phones_of, read_corpus, words_of
from otoscope.corpus.cut_list import CutList
from otoscope.corpus.decoding import source_name, source_of
from otoscope.corpus.windows import windowed
from otoscope.errors import InputError, join_truncated
from otoscope.models.encoder import Encoder
from otoscope.models.families import find_family
from otoscope.models.load import load
from otoscope.results import MapDescription, Run, open_run, write_map
from otoscope.runs.run_config import require_same_model
from otoscope.runs.selection import Selection, select
from otoscope.statistics.clusters import utterance_of

EXAMPLE_SECONDS = 3.0
MAX_MAP_BYTES = 512 * 2**20
MERGED = "merged"  # key of the corpora of runs that were merged, in a plan
MAX_LISTED = 5  # utterances in a message


def store_example(folder: Path, encoder: Encoder, measured: CutList, waves: Mapping[int, np.ndarray]) -> None:
    """Store the maps of the example of a run.

    Args:
        folder: the run folder.
        encoder: the model that made the run.
        measured: the utterances that were measured.
        waves: audio `[samples]` of some of them by place; that of another example is read.
    """
    if (best := find_example(encoder, measured)) is not None:
        store_maps(folder, encoder, best, measured[best], waves.get(best))


def find_example(encoder: Encoder, cuts: CutList) -> int | None:
    """Return the place of the example: a cut with phones if possible, nearest to 3 s; None if its maps are too large.

    `example_rank` has the rule for a single cut.
    """
    distances = np.abs(cuts.seconds - EXAMPLE_SECONDS)
    if cuts.has_phones.any():
        distances = np.where(cuts.has_phones, distances, np.inf)
    best = int(distances.argmin())
    return best if map_bytes(encoder, float(cuts.seconds[best])) <= MAX_MAP_BYTES else None


def example_rank(has_phones: bool, seconds: float) -> tuple[bool, float]:
    """Return how good an example an utterance is; the lowest rank is the best."""
    return not has_phones, abs(seconds - EXAMPLE_SECONDS)


def store_maps(
    folder: Path,
    encoder: Encoder,
    index: int,
    cut: MonoCut,
    wave: np.ndarray | None = None,
    *,
    on_request: bool | None = None,
) -> None:
    """Run the model on a cut once more and store its maps in the run at `folder`.

    Args:
        folder: the run folder.
        encoder: the model that made the run.
        index: index of the utterance in the run.
        cut: the utterance.
        wave: its audio `[samples]` at the rate of the model; None reads it.
        on_request: true if the user asked for these maps; None for the example of the run.
    """
    maps = encoder.maps(cut if wave is None else wave)
    description = MapDescription(
        n_heads=encoder.n_heads,
        frames=maps[0].shape[-1],
        utterance=cut.id,
        audio=source_name(source_of(cut), cut),
        audio_start=cut.start,
        audio_channel=source_of(cut).channels.index(cut.channel),
        frame_period=encoder.frame_period,
        first_centre=encoder.first_frame_center,
        phones=phones_of(cut),
        words=words_of(cut),
        on_request=on_request,
    )
    write_map(folder, index, (maps[layer] for layer in range(encoder.n_layers)), description)


def map_bytes(encoder: Encoder, seconds: float) -> int:
    """Return the bytes on disk of all maps of an utterance of so many seconds, in half precision."""
    frames = int(seconds / encoder.frame_period)
    return 2 * sum(encoder.n_heads) * frames**2


def ensure_maps(run: Run, utterance: str, model: Encoder | None = None) -> Run:
    """Compute the maps of an utterance, store them in the run, and return the run.

    The example of the run does not change.

    Args:
        run: a run that analyze wrote.
        utterance: id of an utterance of the run.
        model: the encoder that made the run, if no name loads it.

    Raises:
        InputError: the run has no such utterance or cannot be written, its model or audio is missing or has changed,
            or the maps are too large.
    """
    if utterance not in run.utterances.index:
        stored = join_truncated(list(run.utterances.index), MAX_LISTED)
        raise InputError(f"{run.path} holds no utterance '{utterance}'; it has {stored}")
    if run.plan["intervention"] != NO_INTERVENTION.settings:
        raise InputError(
            f"expected a run without an intervention, found one in {run.path}; "
            f"draw an utterance whose maps the run stores: {', '.join(run.maps) or 'none'}"
        )
    if not os.access(run.path, os.W_OK):
        raise InputError(
            f"{run.path} cannot be written, so it cannot store the maps of '{utterance}'; copy the run to a folder of "
            f"your own, or draw an utterance whose maps it stores: {', '.join(run.maps) or 'none'}"
        )
    encoder = _model_of(run) if model is None else model
    require_same_model(run, encoder)
    cut = next(cut for cut in load_run_cuts(run) if cut.id == utterance)
    if (size := map_bytes(encoder, cut.duration) >> 20) > MAX_MAP_BYTES >> 20:
        raise InputError(
            f"expected maps of at most {MAX_MAP_BYTES >> 20} MiB, found {size} MiB for '{utterance}'; "
            "choose a shorter utterance"
        )
    store_maps(run.path, encoder, list(run.utterances.index).index(utterance), cut, on_request=True)
    return open_run(run.path)


def _model_of(run: Run) -> Encoder:
    made_by = run.plan["model"]
    if find_family(made_by["family"]) is None:
        raise InputError(
            f"expected a model that its name loads, found {made_by['name']}, which a program wrapped, in {run.path}; "
            "call otoscope.draw in Python, and pass the encoder as model"
        )
    return load(made_by["name"], dtype=made_by["dtype"])


def load_run_cuts(run: Run) -> list[MonoCut]:
    """Return the cuts of the corpus of a run, after a check that the corpus has not changed.

    Raises:
        InputError: the corpus is gone or has changed.
    """
    cuts = [cut for corpus in corpus_parts(run) for cut in _read_cuts(run, corpus)]
    return sorted(cuts, key=lambda cut: utterance_of(cut.id))


def corpus_parts(run: Run) -> list[dict[str, Any]]:
    """Return what the plan of a run records of its corpus; of a merged run, of the corpus of each run."""
    corpus = run.plan["corpus"]
    return list(corpus.get(MERGED, [corpus]))


def _read_cuts(run: Run, options: dict[str, Any]) -> list[MonoCut]:
    reading = {name: options[name] for name in ("format", "tier", "channel")}
    selection = Selection(**{name: value for name, value in options["selection"].items() if value is not None})
    whole = list(read_corpus(options["path"], **reading, on_skip=lambda _: None))
    cuts = windowed(select(whole, selection, selection.utterances), options.get("window"))
    if fingerprint(cuts) != options["fingerprint"]:
        raise InputError(f"the corpus at {options['path']} has changed since the run {run.path}; analyze it again")
    return cuts
