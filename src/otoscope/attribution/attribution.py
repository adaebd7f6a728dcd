"""What an attribution is: it scores the pieces of an utterance by how much an output depends on them.

Axes: b run, n output, t frame, z piece, d feature.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from otoscope.attribution.attention_rows import AttentionRows, read_attention
from otoscope.attribution.input_states import InputStates
from otoscope.attribution.pieces import Pieces
from otoscope.attribution.scored_output import UtteranceOutputs
from otoscope.models.encoder import Encoder
from otoscope.typing import Bools, Floats


@dataclass(frozen=True, eq=False)
class AttributionContext:
    """An utterance, its outputs, and runs of the model on changed states of it.

    Attributes:
        states: states of the utterance at the input of the first layer.
        wave: samples `[samples]` of the utterance.
        outputs: the outputs that are attributed.
        pieces: the pieces of the utterance.
    """

    states: InputStates
    wave: np.ndarray
    outputs: UtteranceOutputs
    pieces: Pieces

    @property
    def encoder(self) -> Encoder:
        """Return the model."""
        return self.states.encoder

    @cached_property
    def attention(self) -> AttentionRows:
        """What heads attend to for each output."""
        return read_attention(self.encoder, self.wave, self.outputs.reads_nt)

    @cached_property
    def baseline_td(self) -> Tensor:
        """The state in place of a deleted frame, `[T, d]`: the mean of the utterance."""
        return self.states.states_td.mean(0, keepdim=True).expand_as(self.states.states_td)

    @torch.inference_mode()
    def scores_without(self, deleted_bz: Bools) -> Floats:
        """Return the scores `[B, n]` with the states of some pieces replaced by the baseline."""
        is_deleted_bt = torch.from_numpy(self.pieces.in_frames(deleted_bz)).to(self.baseline_td.device)
        scores = [
            self.outputs.scores(self.states.run(torch.where(part[..., None], self.baseline_td, self.states.states_td)))
            for part in torch.split(is_deleted_bt, self.states.batch_size)
        ]
        values: Floats = torch.cat(scores).double().numpy()
        return values

    def gradients(self, states_btd: Tensor) -> Iterator[Tensor]:
        """Yield the gradients `[n, b, T, d]` of the scores at some states, in batches of runs."""
        for part in torch.split(states_btd, self.states.batch_size):
            states = part.detach().clone().requires_grad_()
            total_n = self.outputs.scores(self.states.run(states)).sum(0)
            yield torch.stack([torch.autograd.grad(total, states, retain_graph=True)[0] for total in total_n])

    def products(self, gradient_ntd: Tensor) -> Floats:
        """Return `<gradient, state - baseline>` of each piece, `[n, z]`."""
        products_nt = (gradient_ntd * (self.states.states_td - self.baseline_td)).sum(-1)
        return self.pieces.sums(products_nt.double().cpu().numpy())


@dataclass(frozen=True)
class Attribution:
    """A score of pieces for each output: a plug-in of `otoscope.attribution.builtin`.

    Attributes:
        name: name of the attribution; the name of its file with `-` for `_`.
        doc: one sentence on what the score is.
        source: publication of the formula.
        role: `relevance` follows from the output itself, `attention` from attention, `control` from neither.
        function: returns scores `[n, z]`, or `[n, layer, head, z]` if each head has its own.
        per_head: whether each head has its own scores.
        check_model: raises InputError if the model does not provide what the scores need.
    """

    name: str
    doc: str
    source: str
    role: Literal["relevance", "attention", "control"]
    function: Callable[[AttributionContext], Floats]
    per_head: bool = False
    check_model: Callable[[Encoder], None] = lambda encoder: None
