"""Concentration on phones as figures show it: in multiples of uniform attention, where the corpus supports it."""

import xarray as xr


def supported_concentration(dataset: xr.Dataset) -> xr.DataArray:
    """Return the concentration `[layer, head, key_phone]` of heads on phones that have an interval, times uniform.

    1 is uniform attention. A value without an interval rests on too few utterances to be an extreme; it is NaN. A
    corpus so small that no value has an interval keeps all.

    >>> values = {"concentration": ("key_phone", [1.0, 9.0])}
    >>> ends = {"concentration_interval": (("key_phone", "bound"), [[0.5, 1.5], [float("nan")] * 2])}
    >>> supported_concentration(xr.Dataset(values | ends)).values.tolist()
    [2.0, nan]
    """
    has_interval = dataset["concentration_interval"].notnull().all("bound")
    return 1 + dataset["concentration"].where(has_interval | ~has_interval.any())
