"""Learn an aligner on labelled words: choose heads, rows and lags, then learn the boundary models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from otoscope.alignment.aligner import (
    Aligner,
    Anchor,
    Side,
    boundary_rows,
    capture_spelling,
    collect_evidence,
    estimate_boundaries,
)
from otoscope.alignment.boundary_model import BoundaryModel, Evidence, features, fit_boundaries
from otoscope.alignment.recipes import TimeRecipe, recipe_columns
from otoscope.alignment.spelling import Spelling, Unit, spell
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps, capture_decoder, decoder_text
from otoscope.decoders.head_norms import head_norms
from otoscope.decoders.transcriber import Transcriber
from otoscope.decoders.warping import first_columns, standardize_rows

ANCHOR_ROWS = {Unit.character: (0, 1, 2), Unit.wordpiece: (0,)}
MAX_HEADS = 24
FILTER_COLUMNS = (1, 3, 5, 7)
CHOICE_SECONDS = 0.05
NUM_CONFIGURATION_HEADS = 4


@dataclass(frozen=True)
class TimedUtterance:
    """An utterance with words by hand.

    Attributes:
        id, speaker: of the utterance.
        wave: samples `[samples]` of 16 kHz.
        words: words in order of their start.
        times: start and end of each in seconds.
    """

    id: str
    speaker: str
    wave: np.ndarray
    words: tuple[str, ...]
    times: Mapping[Side, np.ndarray]


@dataclass(frozen=True)
class HeadTimes:
    """First columns of each row by every head and by every recipe, and norms, for one utterance and unit."""

    utterance: TimedUtterance
    spelling: Spelling
    period: float
    columns: Mapping[Head, np.ndarray]
    recipes: Mapping[str, np.ndarray]
    norms: Mapping[Head, float]

    def errors(self, columns: np.ndarray, side: Side, row: int) -> np.ndarray:
        """Return time less label of each word in seconds."""
        return self.times(columns, side, row) - self.utterance.times[side]

    def times(self, columns: np.ndarray, side: Side, row: int) -> np.ndarray:
        """Return the time of each word in seconds."""
        return np.asarray(columns[boundary_rows(self.spelling, side, row)] * self.period)


def measure_heads(
    transcriber: Transcriber,
    utterance: TimedUtterance,
    unit: Unit,
    recipes: Sequence[TimeRecipe] = (),
    words: Sequence[str] | None = None,
) -> HeadTimes:
    """Return the first columns by every head, and by the recipes; of other words than the labelled ones if `words`."""
    spelling = spell(transcriber.tokenizer, utterance.words if words is None else words, unit)
    (maps,) = capture_decoder(transcriber, [utterance.wave], [decoder_text(transcriber, spelling.tokens)])
    columns = {head: first_columns(_text_rows(maps, map_qk)) for head, map_qk in maps.cross.items()}
    named = {recipe.name: recipe_columns(maps, recipe, len(utterance.wave)) for recipe in recipes}
    return HeadTimes(utterance, spelling, maps.period, columns, named, head_norms(maps))


def _text_rows(maps: DecoderMaps, map_qk: np.ndarray) -> np.ndarray:
    return standardize_rows(map_qk)[maps.first_token_row : len(maps.text.ids) - 1]


def choose_anchor(measured: Sequence[HeadTimes], unit: Unit, side: Side) -> tuple[float, Anchor]:
    """Return the head and row with the most boundaries within 50 ms after its lag, and the share of them."""
    best: tuple[float, Anchor] | None = None
    for head in measured[0].columns:
        for row in ANCHOR_ROWS[unit]:
            share, anchor = _score_head(measured, side, head, row)
            if best is None or share > best[0]:
                best = share, anchor
    assert best is not None
    return best


def _score_head(measured: Iterable[HeadTimes], side: Side, head: Head, row: int) -> tuple[float, Anchor]:
    errors = np.concatenate([item.errors(item.columns[head], side, row) for item in measured])
    lag = float(np.median(errors))
    return float(np.mean(np.abs(errors - lag) <= CHOICE_SECONDS)), Anchor(head, row, lag)


def best_heads(measured: Sequence[HeadTimes], unit: Unit, count: int = MAX_HEADS) -> list[Head]:
    """Return the heads with the most boundaries within 50 ms, each after its own lag, best first."""

    def share(head: Head) -> float:
        return sum(max(_score_head(measured, side, head, row)[0] for row in ANCHOR_ROWS[unit]) for side in Side)

    return sorted(measured[0].columns, key=share, reverse=True)[:count]


def configuration_heads(pieces: Sequence[HeadTimes], count: int = NUM_CONFIGURATION_HEADS) -> list[Head]:
    """Return heads for `alignment_heads` of a generation configuration, best first.

    It has no place for lags, so these are the heads with the most ends within 50 ms as they are.

    Args:
        pieces: utterances measured with word pieces.
        count: number of heads.
    """

    def share(head: Head) -> float:
        errors = np.concatenate([item.errors(item.columns[head], Side.end, 0) for item in pieces])
        return float(np.mean(np.abs(errors) <= CHOICE_SECONDS))

    return sorted(pieces[0].columns, key=share, reverse=True)[:count]


def lag_table(measured: Sequence[HeadTimes], unit: Unit) -> list[dict[str, object]]:
    """Return lag in seconds and share within 50 ms of every head, for ends of words."""
    row = ANCHOR_ROWS[unit][-1] and 1
    scores = (_score_head(measured, Side.end, head, row) for head in measured[0].columns)
    return [
        {"layer": item.head[0], "head": item.head[1], "lag": item.lag, "within_50_ms": share} for share, item in scores
    ]


def fit_aligner(transcriber: Transcriber, measured: Mapping[Unit, Sequence[HeadTimes]]) -> Aligner:
    """Learn an aligner on the utterances of some speakers, measured with one or more units.

    The unit is the one whose best heads find the most boundaries within 50 ms.
    """
    anchors = {unit: {side: choose_anchor(items, unit, side) for side in Side} for unit, items in measured.items()}
    unit = max(anchors, key=lambda unit: sum(share for share, _ in anchors[unit].values()))
    chosen = {side: anchor for side, (_, anchor) in anchors[unit].items()}
    heads = best_heads(measured[unit], unit)
    every = list(dict.fromkeys([*heads, *(anchor.head for anchor in chosen.values())]))
    evidence = []
    for item in measured[unit]:
        maps = capture_spelling(transcriber, item.utterance.wave, item.spelling, every)
        evidence.append(collect_evidence(maps, item.utterance.wave, item.spelling, every))
    models = {}
    for side, anchor in chosen.items():
        of_anchor = [of_utterance.maps_hqk[every.index(anchor.head)] for of_utterance in evidence]
        chosen[side] = choose_filter(measured[unit], of_anchor, side, anchor)
        models[side] = _fit_side(measured[unit], evidence, of_anchor, side, chosen[side], len(heads))
    return Aligner(transcriber.name, transcriber.fingerprint, unit, tuple(heads), chosen, models)


def choose_filter(measured: Sequence[HeadTimes], maps: Sequence[np.ndarray], side: Side, anchor: Anchor) -> Anchor:
    """Return the anchor with the median filter that puts most boundaries within 50 ms, and the lag with it.

    Args:
        measured: utterances with labels.
        maps: standardized rows of the head of the anchor for each of them.
        side: of the words.
        anchor: head and row.
    """
    best: tuple[float, Anchor] | None = None
    for columns in FILTER_COLUMNS:
        candidate = replace(anchor, lag=0.0, filter_columns=columns)
        errors = _errors(measured, maps, side, candidate)
        lag = float(np.median(errors))
        share = float(np.mean(np.abs(errors - lag) <= CHOICE_SECONDS))
        if best is None or share > best[0]:
            best = share, replace(candidate, lag=lag)
    assert best is not None
    return best[1]


def _errors(measured: Sequence[HeadTimes], maps: Sequence[np.ndarray], side: Side, anchor: Anchor) -> np.ndarray:
    """Return first estimate less label of each word in seconds."""
    return np.concatenate(
        [
            estimate_boundaries(map_qk, item.period, item.spelling, side, anchor) - item.utterance.times[side]
            for item, map_qk in zip(measured, maps, strict=True)
        ]
    )


def _fit_side(
    measured: Sequence[HeadTimes],
    evidence: Sequence[Evidence],
    maps: Sequence[np.ndarray],
    side: Side,
    anchor: Anchor,
    num_heads: int,
) -> BoundaryModel:
    """Learn the boundary model of a side around the estimates of its anchor, from the first heads of the evidence."""
    parts, offsets = [], -_errors(measured, maps, side, anchor)
    times = np.split(offsets, np.cumsum([len(item.utterance.words) for item in measured])[:-1])
    for item, of_utterance, of_item in zip(measured, evidence, times, strict=True):
        used = replace(of_utterance, maps_hqk=of_utterance.maps_hqk[:num_heads])
        rows = boundary_rows(item.spelling, side, 0)
        parts.append(features(used, rows, item.utterance.times[side] - of_item))
    return fit_boundaries(np.concatenate(parts), offsets)
