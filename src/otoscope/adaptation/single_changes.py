"""Changes of an encoder that a search tries: what they are, the encoder under them, and what `refine` needs of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from otoscope.attention.interventions import HeadFactors
from otoscope.attention.pattern_changes import OffsetProfiles, PatternChange, offset_profile
from otoscope.models.encoder import Encoder
from otoscope.refinement.builtin.patterns import can_fix
from otoscope.refinement.head_selection import Head

TEMPERATURES = (0.7, 1.4)
SPANS = (16, 64)  # frames


@dataclass(frozen=True)
class SingleChange:
    """One change of a model.

    Attributes:
        head: a head that is removed (scale 0), or has another scale or temperature.
        span: frames of all layers.
        fixed: a head that gets a fixed pattern, its offset profile.
    """

    head: HeadFactors | None = None
    span: int | None = None
    fixed: Head | None = None

    @property
    def place(self) -> Head | None:
        """What is changed, at most once: the head, or None for the span."""
        return (self.head.layer, self.head.head) if self.head else self.fixed

    @property
    def name(self) -> str:
        """The change in words."""
        if self.place is None:
            return f"span {self.span}"
        head = f"head {self.place[0]}.{self.place[1]}"
        if self.head is None:
            return f"{head} fixed pattern"
        if not self.head.scale:
            return f"{head} removed"
        scale = "" if self.head.scale == 1 else f" scale {self.head.scale:.2g}"
        return f"{head}{scale} temperature {self.head.temperature:.2g}"


@dataclass(frozen=True, eq=False)
class ChangeSet:
    """The changes that are tried alone, and what they need.

    Attributes:
        changes: the changes.
        n_heads: heads of each layer.
        profiles: offset profile of each head, for fixed patterns; None: no change fixes one.
        frames: frames that the heads with queries of a layer must divide (Whisper, `patterns.can_fix`); 0: none.
    """

    changes: Sequence[SingleChange]
    n_heads: Sequence[int] = ()
    profiles: OffsetProfiles | None = None
    frames: int = 0

    def possible(self, changes: Sequence[SingleChange]) -> list[SingleChange]:
        """Return changes in their order: one of a place, and layers that a model with fixed patterns can have."""
        chosen: list[SingleChange] = []
        for change in changes:
            if all(change.place != other.place for other in chosen) and self._allows([*chosen, change]):
                chosen.append(change)
        return chosen

    def _allows(self, changes: Sequence[SingleChange]) -> bool:
        fixed, removed = (heads_of_layers(heads(changes)) for heads in (fixed_heads, removed_heads))
        return all(
            can_fix(self.frames, self.n_heads[layer] - len(removed.get(layer, ())), len(heads))
            for layer, heads in fixed.items()
        )

    @contextmanager
    def changed(self, encoder: Encoder, changes: Sequence[SingleChange]) -> Iterator[None]:
        """Change an encoder within the block."""
        factors = [change.head for change in changes if change.head is not None]
        with ExitStack() as stack:
            stack.enter_context(encoder.intervene(*factors, *self._patterns(changes)))
            for change in changes:
                if change.span is not None:
                    stack.enter_context(encoder.limit_span(change.span))
            yield

    def _patterns(self, changes: Sequence[SingleChange]) -> list[PatternChange]:
        heads = fixed_heads(changes)
        return [offset_profile(heads, self.profiles)] if heads and self.profiles is not None else []


def single_changes(encoder: Encoder, has_span: bool) -> list[SingleChange]:
    """Return all changes that are tried alone.

    Args:
        encoder: the intact model.
        has_span: whether its attention can be limited to a span, and heads can have fixed patterns.
    """
    heads = [(layer, head) for layer, count in enumerate(encoder.n_heads) for head in range(count)]
    changes = [SingleChange(HeadFactors(*head, scale=0.0)) for head in heads]
    changes += [SingleChange(HeadFactors(*head, temperature=value)) for head in heads for value in TEMPERATURES]
    if has_span:
        changes += [SingleChange(fixed=head) for head in heads] + [SingleChange(span=span) for span in SPANS]
    return changes


def gate_list(changes: Sequence[SingleChange]) -> list[dict[str, object]]:
    """Return the changes of heads as the content of a file of gates (`refinement/gates.py`)."""
    heads = [change.head for change in changes if change.head is not None and change.head.scale]
    return [
        {
            "part": "encoder",
            "layer": entry.layer,
            "head": entry.head,
            "scale": entry.scale,
            "temperature": entry.temperature,
        }
        for entry in heads
    ]


def removed_heads(changes: Sequence[SingleChange]) -> list[Head]:
    """Return the heads that the changes remove."""
    return [
        (change.head.layer, change.head.head) for change in changes if change.head is not None and not change.head.scale
    ]


def fixed_heads(changes: Sequence[SingleChange]) -> list[Head]:
    """Return the heads that get fixed patterns."""
    return [change.fixed for change in changes if change.fixed is not None]


def span_of(changes: Sequence[SingleChange]) -> int | None:
    """Return the span that the changes set, or None."""
    return next((change.span for change in changes if change.span is not None), None)


def heads_of_layers(heads: Sequence[Head]) -> Mapping[int, list[int]]:
    """Return the heads of each layer that has some.

    >>> heads_of_layers([(0, 1), (2, 0), (0, 3)])
    {0: [1, 3], 2: [0]}
    """
    layers = sorted({layer for layer, _ in heads})
    return {layer: [head for at, head in heads if at == layer] for layer in layers}
