"""What a run found, in a few lines."""

from otoscope.results.categories import CATEGORIES, STATISTIC_OF
from otoscope.results.run import Run


def summary(run: Run) -> str:
    """Heads and speech of a run, how many heads are of each category and which stands highest, what was left out."""
    lines = [_measured(run), *(_category(run, name) for name in CATEGORIES)]
    if run.skipped:
        first, reason = next(iter(run.skipped.items()))
        lines.append(f"{len(run.skipped)} utterances were left out; the first: {first}: {reason}")
    return "\n".join(lines)


def _measured(run: Run) -> str:
    utterances = run.utterances
    speech = "synthetic speech" if run.dataset.attrs.get("synthetic") else "speech"
    minutes, speakers = utterances["duration"].sum() / 60, utterances["speaker"].replace("", None).nunique()
    return (
        f"{len(run.heads)} heads in {run.heads['layer'].nunique()} layers, on {len(utterances)} utterances of {speech} "
        f"({minutes:.1f} min, {speakers or 'unknown'} speakers)"
    )


def _category(run: Run, name: str) -> str:
    heads, statistic = run.heads, STATISTIC_OF[name]
    members = heads[heads["category"] == name].sort_values(statistic, ascending=False)
    if members.empty:
        return f"  {name:<9}  no head"
    top = members.to_dict("records")[0]
    shift = f", peak at {top['offset_peak_ms']:+.0f} ms" if name == "diagonal" and "offset_peak_ms" in top else ""
    units = run.dataset[statistic].attrs["units"].replace("1", "")
    return (
        f"  {name:<9}{len(members):>4} heads; highest {statistic} in layer {top['layer']} head {top['head']}: "
        f"{top[statistic]:.3g} {units}".rstrip()
        + shift
    )
