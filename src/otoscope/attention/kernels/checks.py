"""Check the arguments of `attend`: shapes, names and ranges, each with a one-line message."""

from collections.abc import Collection, Sequence

from torch import Tensor

from otoscope.attention.labels import Labels
from otoscope.attention.reduction_names import REQUIRES_LABELS
from otoscope.attention.reductions import TILE_REDUCERS
from otoscope.errors import InputError


def to_lengths(query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int] | Tensor | None) -> list[int]:
    """Return the valid frames of each utterance, and check the shapes of the states `[B, H, T, d]`."""
    if query.ndim != 4 or query.shape != key.shape or query.shape[:3] != value.shape[:3]:
        shapes = ", ".join(str(tuple(states.shape)) for states in (query, key, value))
        raise InputError(f"query, key and value must be [B, H, T, d] with the same B, H, T; found {shapes}")
    B, _, T, _ = query.shape
    valid = [T] * B if lengths is None else [int(length) for length in lengths]
    if len(valid) != B or not all(1 <= length <= T for length in valid):
        raise InputError(f"lengths must be {B} numbers from 1 to {T}, one per utterance; found {valid}")
    return valid


def check_names(needs: Collection[str]) -> None:
    """Raise InputError for a name that is not a reduction which kernels compute."""
    names = {*TILE_REDUCERS, *REQUIRES_LABELS}
    if unknown := set(needs) - names:
        raise InputError(f"needs must be among {', '.join(sorted(names))}; found {', '.join(sorted(unknown))}")


def check_radius(radius: int | None) -> None:
    """Raise InputError for a negative radius."""
    if radius is not None and radius < 0:
        raise InputError(f"radius must be 0 or more frames; found {radius}")


def check_labels(labels: Sequence[Labels] | None, valid: list[int], needs: Collection[str]) -> None:
    """Raise InputError unless there are labels of every valid frame for the reductions that require them."""
    if labels is None:
        if missing := sorted(set(needs) & REQUIRES_LABELS):
            raise InputError(f"{', '.join(missing)} require the phone of every frame; pass labels")
    elif (frames := [len(utterance) for utterance in labels]) != valid:
        raise InputError(f"labels must have {valid} frames, one number per utterance; found {frames}")


def expand_bias(bias: Tensor, query: Tensor) -> Tensor:
    """Return a bias as a view `[B, H, T, T]`."""
    if not bias.is_floating_point():
        raise InputError(f"bias must be floating point, with -inf at forbidden keys; found {bias.dtype}")
    B, H, T, _ = query.shape
    try:
        return bias.expand(B, H, T, T)
    except RuntimeError:
        raise InputError(f"bias must broadcast to [{B}, {H}, {T}, {T}]; found {list(bias.shape)}") from None


def check_out(context_bqhd: Tensor, shape: tuple[int, int, int, int]) -> None:
    """Raise InputError for an `out` of another shape."""
    if context_bqhd.shape != shape:
        raise InputError(f"out must be {list(shape)}; found {list(context_bqhd.shape)}")
