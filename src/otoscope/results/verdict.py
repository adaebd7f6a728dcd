"""The verdict on a claim."""

from enum import StrEnum


class Verdict(StrEnum):
    """What measurements say of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


def verdict_of_interval(low: float, high: float) -> Verdict:
    """Return the verdict of a difference that is positive if the claim is right, from its confidence interval.

    Examples:
        >>> verdict_of_interval(0.1, 0.3), verdict_of_interval(-0.1, 0.3)
        (<Verdict.SUPPORTED: 'supported'>, <Verdict.INCONCLUSIVE: 'inconclusive'>)
    """
    if low > 0:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if high < 0 else Verdict.INCONCLUSIVE
