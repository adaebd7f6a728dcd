"""Head statistics: one plug-in per file of `builtin`, computed from reductions, averaged by states that merge."""

from collections.abc import Collection, Sequence

from otoscope.registry import Registry
from otoscope.statistics.statistic import Statistic

STATISTICS: Registry[Statistic] = Registry("statistics", "otoscope.statistics.builtin", "STATISTIC")
"""All statistics, those of otoscope and those of installed plug-ins."""


def available_statistics(
    phones: Sequence[str] = (), model_reductions: Collection[str] = frozenset()
) -> dict[str, Statistic]:
    """Return the statistics that can be computed, by name; those that only some models provide come last.

    Args:
        phones: names of the phones of the corpus, in the order of their numbers; empty without labels.
        model_reductions: names of the reductions that the model provides in addition to the kernels (`REQUIRES_MODEL`).

    Raises:
        InputError: an installed plug-in cannot be loaded.

    Examples:
        >>> "globalness" in available_statistics(), "relation" in available_statistics()
        (True, False)
        >>> "relation" in available_statistics(phones=["sil", "aa"])
        True
        >>> list(available_statistics(model_reductions={"value_norm"}))[-2:]
        ['attention_norm', 'norm_verticality']
    """
    statistics = [
        statistic.for_phones(phones) if statistic.requires_phones else statistic
        for statistic in STATISTICS.select().values()
        if _is_available(statistic, phones, model_reductions)
    ]
    return {
        statistic.name: statistic
        for statistic in sorted(statistics, key=lambda statistic: (bool(statistic.model_reductions), statistic.name))
    }


def statistics_requiring(reduction: str) -> dict[str, Statistic]:
    """Return the statistics that require a reduction, by name.

    Examples:
        >>> list(statistics_requiring("value_norm"))
        ['attention_norm', 'norm_verticality']
    """
    return {name: statistic for name, statistic in STATISTICS.select().items() if reduction in statistic.requires}


def _is_available(statistic: Statistic, phones: Sequence[str], model_reductions: Collection[str]) -> bool:
    has_phones = not statistic.requires_phones or (bool(phones) and statistic.required_phones <= set(phones))
    return has_phones and statistic.model_reductions <= set(model_reductions)


__all__ = ["STATISTICS", "Statistic", "available_statistics", "statistics_requiring"]
