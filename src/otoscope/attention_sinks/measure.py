"""What a measure of sinks is: a number of each head, or of each layer, of one utterance.

Axes: h head, k token, d feature of the hidden state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from otoscope.results.intervals import Scale
from otoscope.statistics.builtin.sink_share import MULTIPLE
from otoscope.typing import AnyFloats, Bools, Floats


@dataclass(frozen=True, eq=False)
class LayerTokens:
    """The tokens that the heads of one layer attend to in one utterance.

    Attributes:
        mass_hk: share of the attention of the utterance's frames on each token; 1 over all tokens.
        is_inside_k: whether the token is a frame of the utterance: not silence after it, no token of the model's own.
        value_norm_hk: norm of the projected value of each token, `||f(x_k)||`; None if the projection is unknown.
        output_norm_h: mean over the utterance's frames of the norm of what the head adds to them; None as above.
        hidden_kd: hidden states of the tokens before the layer; None if the model does not return them.
    """

    mass_hk: Floats
    is_inside_k: Bools
    value_norm_hk: AnyFloats | None = None
    output_norm_h: AnyFloats | None = None
    hidden_kd: AnyFloats | None = None

    @cached_property
    def is_sink_hk(self) -> Bools:
        """Whether a token draws more than ten times uniform attention on the frames of the utterance."""
        is_sink: Bools = self.mass_hk > MULTIPLE / self.is_inside_k.sum()
        return is_sink

    def ratio_to_others(self, norm_hk: AnyFloats) -> Floats:
        """Return the mean norm of the sinks over that of the other tokens, `[H]`; NaN without a sink."""
        with np.errstate(invalid="ignore", divide="ignore"):
            sinks, others = (
                np.where(chosen, norm_hk, 0).sum(-1) / chosen.sum(-1) for chosen in (self.is_sink_hk, ~self.is_sink_hk)
            )
            ratio: Floats = np.asarray(sinks / others, np.float64)
        return ratio


class SinkScope(Enum):
    """The dimensions of a measure; the value names them in a run."""

    head = ("layer", "head")
    layer = ("layer",)


@dataclass(frozen=True)
class SinkMeasure:
    """A number of the sinks of one utterance; runs store its mean over the utterances that have it.

    Attributes:
        doc: what it is.
        units: of the number; `1` for a pure number.
        source: the publication of its formula.
        scope: what it is a number of.
        requires: names of the attributes of `LayerTokens` that must not be None.
        scale: scale on which its interval is symmetric.
        value: computes it, `[H]`, or `[]` of a layer; NaN where it is undefined.
    """

    doc: str
    units: str
    source: str
    scope: SinkScope
    requires: tuple[str, ...]
    scale: Scale
    value: Callable[[LayerTokens], Floats]

    def is_defined(self, tokens: LayerTokens) -> bool:
        """Return whether the model provides what it requires."""
        return all(getattr(tokens, name) is not None for name in self.requires)
