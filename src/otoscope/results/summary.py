"""What a run found, in a few lines."""

import pandas as pd

from otoscope.results.categories import CATEGORIES, CATEGORY_STATISTIC
from otoscope.results.run import Run
from otoscope.results.shapes import SHAPES

SKIPPED_PARTS = {
    "utterance": ("utterance", "skipped"),
    "labels": ("label problem", "labels not used"),
    "file": ("file kind", "ignored"),
}
"""Part of `Run.skipped` -> what is counted, and the title of its line."""

CATEGORY_TITLE = "categories, by the best of three ranks among these heads (every model has all three):"
SHAPE_TITLE = "shapes, of each head's attention by itself:"


def summary(run: Run) -> str:
    """Return the summary of a run: heads, speech, heads of each category and shape, and skipped utterances."""
    lines = [_measured(run), f"95 % intervals over {run.dataset.attrs['clusters']}", CATEGORY_TITLE]
    lines += [*(_category(run, name) for name in CATEGORIES), *_shapes(run), *_relations(run)]
    lines += skipped_lines(run)
    return "\n".join(lines)


def _relations(run: Run) -> list[str]:
    about = run.dataset.attrs
    if "relation" not in run.dataset:
        return []
    where = f"{about['labelled_utterances']} of {counted(len(run.utterances), 'utterance')}"
    labels, joined = f"{run.dataset.sizes['key_phone']} {about.get('unit', 'phone')}s", about.get("joined_labels", 0)
    rest = f" (the most frequent; {joined} others are one)" if joined else ""
    lines = [f"relations between {labels}{rest}, on {where}; see otoscope heads --operations"]
    if unknown := list(about["unknown_phones"]):
        lines.append(f"not among the 39 phones, kept as they are: {', '.join(unknown)}")
    return lines


def skipped_lines(run: Run) -> list[str]:
    """Return lines on skipped utterances, labels that are not used, and ignored files: how many, and the first."""
    lines = []
    for part, (what, title) in SKIPPED_PARTS.items():
        rows = run.skipped[run.skipped["part"] == part]
        if len(rows):
            first = rows.iloc[0]
            lines.append(f"{title}: {counted(len(rows), what)}; the first: {first['id']}: {first['reason']}")
    return lines


def counted(number: int, what: str) -> str:
    """A number of things in words.

    >>> counted(1, "head"), counted(0, "head")
    ('1 head', '0 heads')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def _measured(run: Run) -> str:
    utterances = run.utterances
    speech = "synthetic speech" if run.dataset.attrs.get("synthetic") else "speech"
    minutes, speakers = utterances["duration"].sum() / 60, utterances["speaker"].replace("", None).nunique()
    heads, layers = counted(len(run.heads), "head"), counted(run.dataset.sizes["layer"], "layer")
    who = counted(speakers, "speaker") if speakers else "speakers unknown"
    what = counted(len(utterances), "utterance") + _windows(run)
    return f"{heads} in {layers}, on {what} of {speech} ({minutes:.1f} min, {who})"


def _windows(run: Run) -> str:
    about = run.dataset.attrs
    if "window" not in about:
        return ""
    return f", long ones as windows of {about['window']:g} s that overlap by {about['window_overlap']:g} s or more,"


def _category(run: Run, name: str) -> str:
    heads, statistic = run.heads, CATEGORY_STATISTIC[name]
    members = heads[heads["category"] == name].sort_values(statistic, ascending=False)
    if members.empty:
        return f"  {name:<9} no head"
    top = members.to_dict("records")[0]
    units = run.dataset[statistic].attrs["units"].replace("1", "")
    value = f"{top[statistic]:.3g} {units}".rstrip()
    location = f"layer {top['layer']} head {top['head']}"
    return f"  {name:<9} {counted(len(members), 'head')}; highest {statistic} in {location}: {value}"


def _shapes(run: Run) -> list[str]:
    """Return a line for each shape that heads have, with the offsets of shifted diagonals."""
    heads = run.heads
    if "shape" not in heads:
        return []
    groups = [(name, heads[heads["shape"] == name]) for name in SHAPES]
    return [SHAPE_TITLE, *(_shape(name, members) for name, members in groups if len(members))]


def _shape(name: str, members: pd.DataFrame) -> str:
    line = f"  {name:<16} {counted(len(members), 'head')}"
    if name != "shifted diagonal":
        return line
    ends = dict.fromkeys(f"{offset:+.0f}" for offset in members["shape_offset_ms"].agg(["min", "max"]))
    return f"{line}; by {' to '.join(ends)} ms (key minus query)"
