"""Compare two runs, two parts of a run, or a head with all others."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from otoscope.comparison.kinds import read_values
from otoscope.comparison.options import ComparisonOptions
from otoscope.comparison.pairing import PairedValues, pair
from otoscope.comparison.table import Comparison
from otoscope.comparison.values import RunValues
from otoscope.errors import InputError
from otoscope.results import Run, open_run
from otoscope.results.conditions import Parts, fulfils, split_parts
from otoscope.results.head_columns import RELATIVE_FORM
from otoscope.results.intervals import difference, interval, p_value
from otoscope.results.schema import HEADS
from otoscope.statistics.correction import CORRECTIONS

MEANINGS = {
    "head": "means over utterances, of each head",
    "layer": "means over utterances and the heads of a layer",
    "model": "means over utterances and all heads",
}


@dataclass(frozen=True, eq=False)
class ValuePair:
    """Two sets of values to compare, with the same number of values; `labels` go before their keys."""

    a: RunValues
    b: RunValues
    labels: dict[str, str]


def compare(
    run: Run | str | os.PathLike[str],
    other: Run | str | os.PathLike[str] | None = None,
    *,
    options: ComparisonOptions | None = None,
) -> Comparison:
    """Compare two runs of the same kind, or two parts of a run.

    The runs may be of two models, checkpoints or corpora. They are paired by utterance, or by speaker, where both have
    the same. An interval is a jackknife over speakers, or over utterances without speakers, with Student's t.

    Args:
        run: a run of analyze, rank, probe, layers, prune, segment or patch, or its folder.
        other: another run of the same kind; None compares two parts of the run, which `options.split` names.
        options: what to compare, and the correction for the number of comparisons.

    Returns:
        The differences, with intervals and p-values.

    Raises:
        InputError: a run cannot be opened, the kinds differ, or the runs have nothing in common that the options name.

    Examples:
        >>> compare("no-such-run", "another")
        Traceback (most recent call last):
        otoscope.errors.InputError: expected a run folder of otoscope (with run.json) at no-such-run, found none
    """
    options = options or ComparisonOptions()
    runs = [_opened(item) for item in (run, other) if item is not None]
    _check_request(runs, options)
    if options.against is not None:
        return _compare_heads(runs[0], options)
    level = options.level if options.level != "auto" else _auto_level(runs)
    values = [_where(read_values(item, options.by, level), options.where) for item in runs]
    names, pairs = _pairs(runs, values, options.split)
    notes = _notes(runs, values[0], level)
    compared = make_comparison(pairs, names, options.correction, notes, is_same_corpus=_is_same_corpus(runs))
    return replace(compared, is_synthetic=_is_synthetic(runs))


def _compare_heads(opened: Run, options: ComparisonOptions) -> Comparison:
    """Compare every other head of a run of analyze with one head, paired by utterance."""
    layer, head = options.reference_head
    if opened.kind != HEADS:
        raise InputError(f"expected a run of analyze for --against, found {opened.kind}; run otoscope analyze")
    values = _where(read_values(opened, options.by, "head"), options.where)
    is_reference = (values.keys["layer"] == layer) & (values.keys["head"] == head)
    if not is_reference.any():
        raise InputError(f"expected --against with a head of the run, found {layer}.{head}; see otoscope heads")
    others = np.flatnonzero(~is_reference)
    place = {name: index for index, name in values.keys["statistic"][is_reference].items()}
    reference = [place[name] for name in values.keys["statistic"].iloc[others]]
    pair_of_heads = ValuePair(values.of_keys(others), values.of_keys(np.array(reference)), {})
    names = (f"each other head of {opened.path}", f"layer {layer} head {head}")
    notes = _notes([opened], values, "head")
    compared = make_comparison([pair_of_heads], names, options.correction, notes, is_same_corpus=True)
    return replace(compared, is_synthetic=_is_synthetic([opened]))


def make_comparison(
    pairs: Sequence[ValuePair],
    names: tuple[str, str],
    correction: str,
    notes: tuple[str, ...] = (),
    *,
    is_same_corpus: bool,
) -> Comparison:
    """Return the differences of all pairs, with p-values that are corrected for all of them together."""
    paired = [pair(item.a, item.b, is_same_corpus=is_same_corpus) for item in pairs]
    rows = pd.concat([_rows(*both) for both in zip(pairs, paired, strict=True)], ignore_index=True)
    rows["p_adjusted"] = CORRECTIONS[correction](rows["p"].to_numpy(float))
    first = paired[0]
    clusters = (first.clusters[0].text, first.clusters[1].text)
    return Comparison(rows, names, first.pairing, first.sizes, clusters, correction, notes)


def _rows(values: ValuePair, paired: PairedValues) -> pd.DataFrame:
    change = difference(paired.a, paired.b)
    low, high = np.moveaxis(interval(change), -1, 0)
    numbers = {"a": paired.a.value, "b": paired.b.value, "difference": change.value, "low": low, "high": high}
    return values.a.keys.assign(**{**values.labels, **numbers, "p": p_value(change)})[
        [*values.labels, *values.a.keys, *numbers, "p"]
    ]


def _pairs(
    runs: Sequence[Run], values: Sequence[RunValues], split: str | None
) -> tuple[tuple[str, str], list[ValuePair]]:
    """Return the names of both sides, and the values to compare."""
    if split is None:
        return (str(runs[0].path), str(runs[1].path)), [_joined(values[0], values[1], runs)]
    parts = split_parts(values[0].utterances, split)
    for part in parts:
        _check_sizes(part)
    sides = [(values[0].of_utterances(part.a), values[0].of_utterances(part.b)) for part in parts]
    if len(parts) == 1:
        a, b = parts[0].names
        return (f"{runs[0].path}, {a}", f"{runs[0].path}, {b}"), [ValuePair(*sides[0], {})]
    pairs = [ValuePair(*side, {"part": part.names[0]}) for side, part in zip(sides, parts, strict=True)]
    return (f"{runs[0].path}, each part", f"{runs[0].path}, all other parts"), pairs


def _check_sizes(part: Parts) -> None:
    for name, mask in zip(part.names, (part.a, part.b), strict=True):
        if not mask.any():
            raise InputError(f"expected utterances with {name}, found none; choose another --split")


def _what_differs(a: RunValues, b: RunValues) -> str:
    """Return the first kind of key of which two sets of values have nothing in common, with some of its keys."""
    for column in a.keys:
        sides = [list(dict.fromkeys(keys[column].astype(str))) for keys in (a.keys, b.keys)]
        if set(sides[0]).isdisjoint(sides[1]):
            return f": {column} {', '.join(sides[0][:3])} in the first, {', '.join(sides[1][:3])} in the second"
    return ""


def _joined(a: RunValues, b: RunValues, runs: Sequence[Run]) -> ValuePair:
    """Return the values that both runs have, in the order of the first."""
    columns = list(a.keys)
    if columns != list(b.keys):
        raise InputError(f"expected runs with values of the same form, found {runs[0].path} and {runs[1].path}")
    places = a.keys.reset_index(names="in_a").merge(b.keys.reset_index(names="in_b"), on=columns).sort_values("in_a")
    if places.empty:
        raise InputError(
            f"expected values that {runs[0].path} and {runs[1].path} share, found none{_what_differs(a, b)}; "
            "choose runs that agree in it"
        )
    in_a, in_b = (places[name].to_numpy() for name in ("in_a", "in_b"))
    return ValuePair(a.of_keys(in_a), b.of_keys(in_b), {})


def _opened(run: Run | str | os.PathLike[str]) -> Run:
    return run if isinstance(run, Run) else open_run(run)


def _check_request(runs: Sequence[Run], options: ComparisonOptions) -> None:
    within = [name for name in ("split", "against") if getattr(options, name) is not None]
    if len(runs) + len(within) != 2:
        request = f"{len(runs)} run{'s' * (len(runs) > 1)}{''.join(f' with --{name}' for name in within)}"
        raise InputError(f"expected two runs, or one run with --split or --against, found {request}; name one of these")
    if runs[0].kind != runs[-1].kind:
        raise InputError(f"expected runs of one kind, found {runs[0].kind} and {runs[1].kind}; compare equal kinds")
    if runs[0].part != runs[-1].part:
        raise InputError(f"expected heads of one part, found {runs[0].part} and {runs[1].part}; compare equal parts")


def _where(values: RunValues, condition: str | None) -> RunValues:
    if condition is None:
        return values
    chosen = fulfils(values.utterances, condition)
    if not chosen.any():
        raise InputError(f"expected utterances with {condition}, found none; choose another --where")
    return values.of_utterances(chosen)


def _auto_level(runs: Sequence[Run]) -> str:
    """Return `head` for the same weights; heads of other models do not correspond."""
    is_single = len(runs) == 1 or len({run.plan["model"]["fingerprint"] for run in runs}) == 1
    return "head" if is_single else "model"


def _is_same_corpus(runs: Sequence[Run]) -> bool:
    return len(runs) == 1 or len({run.plan["corpus"]["path"] for run in runs}) == 1


def _is_synthetic(runs: Sequence[Run]) -> bool:
    return all(run.dataset.attrs.get("synthetic") for run in runs)


def _notes(runs: Sequence[Run], values: RunValues, level: str) -> tuple[str, ...]:
    if values.has_seeds and runs[0].dataset.sizes["seed"] == 1:
        return ("a single seed: how far scores vary between trainings is not in the intervals",)
    if not {"statistic", "ranking"} & set(values.keys):
        return ()
    notes = [f"values: {'means over utterances' if 'direction' in values.keys else MEANINGS[level]}"]
    if level == "head" and _auto_level(runs) != "head":
        notes.append("heads at the same place of two models need not correspond")
    if raw := [name for name in dict.fromkeys(values.keys.get("statistic", ())) if name in RELATIVE_FORM]:
        notes.append(f"{', '.join(raw)}: larger or smaller for long utterances; by default, forms without length")
    return tuple(notes)
