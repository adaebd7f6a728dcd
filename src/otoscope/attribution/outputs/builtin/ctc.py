"""Which token the CTC head of the model emits at a frame."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from otoscope.attribution.scored_output import (
    ChooseOutputs,
    OutputRequest,
    ScoredOutput,
    UtteranceOutputs,
    draw,
    read_frames,
)
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load_whole


@dataclass(frozen=True, eq=False)
class CtcOutputs:
    """The CTC head of a model; `blank` is the token of no letter."""

    request: OutputRequest
    head: nn.Module
    blank: int

    def choose(self, index: int, count: int, rng: np.random.Generator) -> UtteranceOutputs | None:
        """Return the tokens at some frames that are not blank; None if all are."""
        encoder, wave = self.request.encoder, self.request.speech.waves[index]
        encoded = encoder.forward([wave])
        with torch.inference_mode():
            token_t = self.head(encoded.hidden[0, : encoded.lengths[0]].float().cpu()).argmax(-1)
        letters = np.flatnonzero(token_t.numpy() != self.blank)
        if not len(letters):
            return None
        frame_n = draw(letters, count, rng)
        token_n, place_n = token_t[frame_n].clone(), torch.arange(len(frame_n))
        return UtteranceOutputs(
            lambda hidden: self.head(hidden[:, frame_n]).log_softmax(-1)[:, place_n, token_n],
            read_frames(frame_n, len(token_t), encoder.num_frames(wave)),
        )


def ctc_head(encoder: Encoder) -> tuple[nn.Module, int]:
    """Return the CTC head of the folder of a model (float32, CPU), and its blank token.

    Raises:
        InputError: the folder has no such head.
    """
    whole = load_whole(encoder.name, device="cpu")[0]
    head = getattr(whole, "lm_head", None)
    if not type(whole).__name__.endswith("ForCTC") or not isinstance(head, nn.Linear):
        raise InputError(
            f"expected a model with a CTC head for --output ctc, found {encoder.name} ({type(whole).__name__}); "
            "choose another --output or model"
        )
    return head.requires_grad_(False), int(whole.config.pad_token_id or 0)


def make(request: OutputRequest) -> ChooseOutputs:
    """Load the head, and return what draws frames with a letter."""
    return CtcOutputs(request, *ctc_head(request.encoder)).choose


OUTPUT = ScoredOutput(
    name="ctc",
    doc="Log-probability of the token that the CTC head emits at a frame.",
    unit="probability",
    is_log=True,
    make=make,
    check_model=ctc_head,
)
