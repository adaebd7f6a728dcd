"""Options of every call that runs a model on speech and keeps a run. Knows no torch."""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any, TypedDict, TypeVar, get_type_hints

Call = TypeVar("Call", bound=Callable[..., object])


class Options(TypedDict, total=False):
    """Keyword arguments that `analyze`, `segment`, `rank`, `probe` and `prune` share.

    device, dtype: as for `load`.
    limit: take the first `limit` utterances only.
    resume: go on with an unfinished run of the same plan; what was finished of it is not made again.
    format, tier, channel: as for `read_corpus`.
    strict: an utterance that cannot be used is an error; otherwise it is left out and listed in `run.skipped`.
        No number depends on it.
    """

    device: str
    dtype: str
    limit: int | None
    resume: bool
    format: str | None
    tier: str | None
    channel: int | None
    strict: bool


DEFAULTS: Options = {
    "device": "auto",
    "dtype": "float32",
    "limit": None,
    "resume": False,
    "format": None,
    "tier": None,
    "channel": None,
    "strict": False,
}


def complete(options: Options) -> Options:
    """Every option, at its default where it is not given.

    Raises:
        TypeError: there is no such option.

    >>> complete({"limit": 3})["limit"], complete({"limit": 3})["device"]
    (3, 'auto')
    """
    if unknown := options.keys() - DEFAULTS.keys():
        raise TypeError(f"unexpected keyword argument '{min(unknown)}'; options are {', '.join(DEFAULTS)}")
    return DEFAULTS | options


def listing_options(call: Call, annotations: Mapping[str, Any] = get_type_hints(Options)) -> Call:
    """The call, with each option in its signature that it takes as `**options`: what `help()` and the CLI read.

    >>> @listing_options
    ... def measure(model: str, **options: object) -> None: ...
    >>> list(signature(measure).parameters)[:3]
    ['model', 'device', 'dtype']
    """
    own = signature(call)
    *named, _ = own.parameters.values()
    listed = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotations[name])
        for name, default in DEFAULTS.items()
    ]
    call.__signature__ = own.replace(parameters=[*named, *listed])  # type: ignore[attr-defined]
    return call
