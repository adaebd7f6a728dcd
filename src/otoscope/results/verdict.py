"""The verdict on a claim."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What measurements say of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    UNDECIDED = "undecided"

    @classmethod
    def _missing_(cls, value: object) -> "Verdict | None":
        """Read the words that runs of otoscope 0.2 store."""
        earlier = {"supported": cls.HOLDS, "refuted": cls.DOES_NOT_HOLD, "inconclusive": cls.UNDECIDED}
        return earlier.get(str(value))


def verdict_of_interval(low: float, high: float) -> Verdict:
    """Return the verdict of a difference that is positive if the claim is right, from its confidence interval.

    Examples:
        >>> verdict_of_interval(0.1, 0.3), verdict_of_interval(-0.1, 0.3)
        (<Verdict.HOLDS: 'holds'>, <Verdict.UNDECIDED: 'undecided'>)
    """
    if low > 0:
        return Verdict.HOLDS
    return Verdict.DOES_NOT_HOLD if high < 0 else Verdict.UNDECIDED


def verdict_of_all(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a claim that several differences decide: it holds if each holds, not if one does not.

    Examples:
        >>> verdict_of_all([Verdict.HOLDS, Verdict.UNDECIDED]), verdict_of_all([])
        (<Verdict.UNDECIDED: 'undecided'>, <Verdict.UNDECIDED: 'undecided'>)
    """
    different = set(verdicts)
    if Verdict.DOES_NOT_HOLD in different:
        return Verdict.DOES_NOT_HOLD
    return Verdict.HOLDS if different == {Verdict.HOLDS} else Verdict.UNDECIDED
