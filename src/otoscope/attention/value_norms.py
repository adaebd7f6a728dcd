"""How much the heads of a call give of each frame.

Axes: h head, t frame, d feature of a head, o feature of the hidden state.
"""

from collections.abc import Sequence
from dataclasses import replace

from otoscope.attention.call import AttentionCall
from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norm import value_norms


def with_value_norms(reductions: Sequence[Reductions], call: AttentionCall) -> list[Reductions]:
    """Reductions of each utterance of a call, with the norms of what its heads give of each frame."""
    assert call.output is not None
    _, H, _, d = call.value_bhtd.shape
    output_hdo = call.output.T.reshape(H, d, len(call.output))
    norm_bht = value_norms(call.value_bhtd, output_hdo)
    own = [norm_ht[:, :length] for norm_ht, length in zip(norm_bht, call.lengths, strict=True)]
    return [replace(one, value_norm=norm_ht) for one, norm_ht in zip(reductions, own, strict=True)]
