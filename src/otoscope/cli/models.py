"""`otoscope models`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otoscope.models.capabilities import FamilyCapabilities

COMMANDS = "analyze, heads, relations, figures, segment, rank, probe, prune, bench, view"
LIMITS = ("span", "reconstruction", "refine")
"""What some families do not offer, in the order of the columns."""


def models() -> None:
    """List the model families, and what otoscope can do with a tiny random model of each."""
    from otoscope.models.capabilities import supported_families
    from otoscope.models.families import UNSUPPORTED

    print(f"{'family':31}{'mechanism':11}{'frame':>7}  commands  {'  '.join(LIMITS)}  padded batches")
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in supported_families():
        limits = _limits(result)
        for limit, reason in limits.items():
            reasons.setdefault((limit, reason), []).append(result.family)
        print(_row(result, limits), flush=True)
    for family, reason in UNSUPPORTED.items():
        print(f"{family:31}refused: {reason}")
    print(f"\ncommands: {COMMANDS}; each on whole utterances and in windows\nno, and why:")
    for (limit, reason), families in reasons.items():
        print(f"  {limit}: {reason} ({', '.join(families)})")


def _limits(result: "FamilyCapabilities") -> dict[str, str]:
    """Return the reason for each option, command or statistic that the family does not offer."""
    from otoscope.refinement.layouts import refusal

    reason = refusal(result.family)
    return {**result.limits, **({"refine": reason} if reason else {})}


def _row(result: "FamilyCapabilities", limits: dict[str, str]) -> str:
    """Return the row of a family."""
    period = f"{1000 * result.frame_period:g} ms"
    row = f"{result.family:31}{result.mechanism:11}{period:>7}  "
    if not result.measured:
        return f"{row}refused: {result.refused}"
    answers = [result.intervened, *(limit not in limits for limit in LIMITS), result.padded]
    names = ["commands", *LIMITS, ""]
    cells = ("yes" if answer else "no" for answer in answers)
    return row + "  ".join(cell.ljust(len(name)) for cell, name in zip(cells, names, strict=True)).rstrip()
