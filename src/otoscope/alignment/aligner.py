"""An aligner: heads, lags and boundary models that were learned for one model, saved as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import median_filter

from otoscope._io.saved_work import write_json
from otoscope.alignment.boundary_model import BoundaryModel, Evidence, band_energy, boundary_offsets, features
from otoscope.alignment.options import GenerationOptions
from otoscope.alignment.pauses import without_pauses, without_silence
from otoscope.alignment.spelling import Spelling, Unit, spell
from otoscope.alignment.word import Word
from otoscope.alignment.word_probability import word_probabilities
from otoscope.corpus.audio import resample
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps, capture_decoder, decoder_text
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.decoders.warping import first_columns, standardize_rows
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE

VERSION = 3
SHORTEST_WORD = 0.02


class Side(StrEnum):
    """Which boundary of a word."""

    start = "start"
    end = "end"


@dataclass(frozen=True)
class Anchor:
    """The head and row that estimate a boundary first.

    Attributes:
        head: layer and head.
        row: row after the first token of the word (for ends: of the next word).
        lag: seconds by which the row's first column is late.
        filter_columns: columns of the median filter over time; 1: no filter.
    """

    head: Head
    row: int
    lag: float
    filter_columns: int = 1


@dataclass(frozen=True)
class Aligner:
    """What was learned for one model.

    Attributes:
        model: name or folder of the model.
        fingerprint: SHA-256 of its configurations and weights, checked when it is loaded.
        unit: how words become tokens.
        heads: heads of the boundary models.
        anchors: first estimate of each side.
        models: boundary model of each side; empty without labels.
    """

    model: str
    fingerprint: str
    unit: Unit
    heads: tuple[Head, ...]
    anchors: Mapping[Side, Anchor]
    models: Mapping[Side, BoundaryModel]

    @cached_property
    def transcriber(self) -> Transcriber:
        """The model, loaded at first use.

        Raises:
            InputError: it cannot be loaded, or is another model.
        """
        transcriber = load_transcriber(self.model)
        if transcriber.fingerprint != self.fingerprint:
            raise InputError(
                f"expected the model of the aligner, with the weights that it was learned on, at {self.model}, found "
                "another; run otoscope align on this model"
            )
        return transcriber

    def words(
        self, wave: np.ndarray, rate: int, text: str | None = None, *, generation: GenerationOptions | None = None
    ) -> list[Word]:
        """Return the words of a recording with their times.

        Args:
            wave: audio `[samples]`.
            rate: its sampling rate in Hz.
            text: what is said; None: the model transcribes it.
            generation: how it transcribes.

        Raises:
            InputError: the audio is empty, or the model has no tokenizer or cannot generate as `generation` says.
        """
        from otoscope.alignment.long_audio import words_of_audio

        resampled = resample(np.asarray(wave, np.float32), rate, SAMPLING_RATE)
        return words_of_audio(self, resampled, text, generation or GenerationOptions())


def boundary_rows(spelling: Spelling, side: Side, offset: int) -> np.ndarray:
    """Return the row of each word's boundary, counted from the row that predicts the first token."""
    first = spelling.first[1:] if side is Side.end else spelling.first[:-1]
    return np.minimum(np.array(first) + offset, len(spelling.tokens))


def capture_spelling(
    transcriber: Transcriber, wave: np.ndarray, spelling: Spelling, heads: Sequence[Head]
) -> DecoderMaps:
    """Return the maps of some heads for a text."""
    (maps,) = capture_decoder(transcriber, [wave], [decoder_text(transcriber, spelling.tokens)], cross=heads)
    return maps


def collect_evidence(maps: DecoderMaps, wave: np.ndarray, spelling: Spelling, heads: Sequence[Head]) -> Evidence:
    """Return the standardized rows of the text for some heads, in their order."""
    first, last = maps.first_token_row, maps.first_token_row + len(spelling.tokens) + 1
    rows = np.stack([standardize_rows(maps.cross[head])[first:last] for head in heads])
    return Evidence(rows, maps.period, band_energy(wave))


def align_words(aligner: Aligner, transcriber: Transcriber, wave: np.ndarray, words: Sequence[str]) -> list[Word]:
    """Return the times of words in audio `[samples]` of 16 kHz that the model takes in one piece."""
    transcriber.check_tokenizer()
    if not words:
        return []
    spelling = spell(transcriber.tokenizer, words, aligner.unit)
    heads = list(dict.fromkeys([*aligner.heads, *(anchor.head for anchor in aligner.anchors.values())]))
    maps = capture_spelling(transcriber, wave, spelling, heads)
    evidence = collect_evidence(maps, wave, spelling, heads)
    times, confidence = _timed(aligner, evidence, spelling, heads)
    start, end = without_pauses(wave, times[Side.start], times[Side.end])
    if confidence is None:
        start, end = without_silence(wave, start, end)
    start, end = ordered_times(start, end, len(wave) / SAMPLING_RATE)
    columns = [start, end, [None] * len(words) if confidence is None else confidence]
    columns.append(word_probabilities(transcriber, maps.hidden, words))
    return [
        Word(word, *(None if value is None else round(float(value), 3) for value in row))  # type: ignore[arg-type]
        for word, row in zip(words, zip(*columns, strict=True), strict=True)
    ]


def _timed(
    aligner: Aligner, evidence: Evidence, spelling: Spelling, heads: Sequence[Head]
) -> tuple[dict[Side, np.ndarray], np.ndarray | None]:
    """Return the times of each side, and how sure both are; None for an aligner without labels."""
    used = replace(evidence, maps_hqk=evidence.maps_hqk[: len(aligner.heads)])
    times: dict[Side, np.ndarray] = {}
    certainty: dict[Side, np.ndarray] = {}
    for side, anchor in aligner.anchors.items():
        anchor_qk = evidence.maps_hqk[heads.index(anchor.head)]
        times[side] = estimate_boundaries(anchor_qk, evidence.period, spelling, side, anchor)
        if model := aligner.models.get(side):
            near = features(used, boundary_rows(spelling, side, 0), times[side])
            offset, certainty[side] = boundary_offsets(model, near)
            times[side] = times[side] + offset
    return times, np.sqrt(certainty[Side.start] * certainty[Side.end]) if certainty else None


def estimate_boundaries(
    map_qk: np.ndarray, period: float, spelling: Spelling, side: Side, anchor: Anchor
) -> np.ndarray:
    """Return the first estimate of each boundary of a side in seconds."""
    filtered = median_filter(map_qk, (1, anchor.filter_columns)) if anchor.filter_columns > 1 else map_qk
    return first_columns(filtered)[boundary_rows(spelling, side, anchor.row)] * period - anchor.lag


def ordered_times(start: np.ndarray, end: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and ends within the audio: no word overlaps the next, and each lasts 20 ms.

    Examples:
        >>> ordered_times(np.array([-0.1, 0.5]), np.array([0.6, 1.2]), 1.0)
        (array([0.  , 0.55]), array([0.55, 1.  ]))
    """
    start, end = np.clip(np.maximum.accumulate(start), 0, seconds), np.clip(end, 0, seconds)
    overlap = end[:-1] > start[1:]
    middle = (end[:-1] + start[1:]) / 2
    end[:-1], start[1:] = np.where(overlap, middle, end[:-1]), np.where(overlap, middle, start[1:])
    start = np.minimum(start, max(seconds - SHORTEST_WORD, 0))
    return start, np.minimum(np.maximum(end, start + SHORTEST_WORD), seconds)


def save_aligner(aligner: Aligner, path: Path) -> None:
    """Write an aligner as JSON."""
    values: dict[str, Any] = {
        "version": VERSION,
        "model": aligner.model,
        "fingerprint": aligner.fingerprint,
        "unit": aligner.unit,
        "heads": aligner.heads,
        "anchors": {side: asdict(anchor) for side, anchor in aligner.anchors.items()},
        "models": {
            side: {name: np.round(array, 8).tolist() for name, array in asdict(model).items()}
            for side, model in aligner.models.items()
        },
    }
    write_json(path, values)


def load_aligner(path: str | Path) -> Aligner:
    """Load an aligner that `otoscope align` saved; its model is loaded at first use.

    Args:
        path: the JSON file.

    Returns:
        The aligner.

    Raises:
        InputError: the file is no aligner.

    Examples:
        >>> load_aligner("no/aligner.json")
        Traceback (most recent call last):
        otoscope.errors.InputError: no/aligner.json: expected an aligner, found no such file; run otoscope align first
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        if values["version"] != VERSION:
            raise InputError(
                f"{path}: expected an aligner of version {VERSION}, found {values['version']}; align again"
            )
        return _from_json(values)
    except FileNotFoundError:
        raise InputError(f"{path}: expected an aligner, found no such file; run otoscope align first") from None
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected an aligner that otoscope align wrote, found another file") from error


def _from_json(values: Mapping[str, Any]) -> Aligner:
    anchors = {
        side: Anchor(tuple(item["head"]), item["row"], item["lag"], item["filter_columns"])
        for side, item in values["anchors"].items()
    }
    models = {
        side: BoundaryModel(**{name: np.array(array) for name, array in item.items()})
        for side, item in values["models"].items()
    }
    return Aligner(
        values["model"],
        values["fingerprint"],
        Unit(values["unit"]),
        tuple((layer, head) for layer, head in values["heads"]),
        {Side(side): anchor for side, anchor in anchors.items()},
        {Side(side): model for side, model in models.items()},
    )
