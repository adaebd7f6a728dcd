"""What a tuning brings nearer to the original: its hidden states, or the logits of its decoder or head.

Axes: b utterance, t frame, l token, v vocabulary or classes, d feature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope._io.ranks import process_count
from otoscope.decoders.ctc import has_ctc_head
from otoscope.decoders.teacher_forcing import text_tokens
from otoscope.decoders.transcriber import Transcriber, load_tokenizer
from otoscope.decoders.transcription import check_generation, transcribe_waves
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.refinement.gates import has_decoder
from otoscope.refinement.refinement_effect import own_attention
from otoscope.refinement.source_model import SourceModel
from otoscope.runs.process_group import sum_over_processes


class TuneTarget(StrEnum):
    """Where a refined model is compared with the original."""

    states = "states"
    logits = "logits"


Distance = Callable[[Sequence[np.ndarray]], Tensor]
"""From waves `[samples]` to how far the refined model is from the original on them, with gradients."""


def check_target(source: SourceModel) -> None:
    """Raise InputError if a model has no logits that a tuning can compare."""
    whole, name = source.whole, source.encoder.name
    if has_decoder(whole):
        check_generation(_transcriber(source))
    elif not has_ctc_head(whole) and not type(whole).__name__.endswith(("Classification", "ForXVector")):
        raise InputError(
            f"expected a model with a decoder, a CTC head or a classifier for --tune-target logits, found {name} "
            f"({type(whole).__name__}); pass --tune-target states"
        )


@dataclass(frozen=True, eq=False)
class LogitsDistance:
    """The divergence of a refined model's logits from the original's, mean over tokens, frames or decisions.

    A decoder reads the original's own transcript of the waves, so that no labels are needed; the transcript of a wave
    is written once. Hinton et al. 2015 (arXiv 1503.02531), without a temperature.

    Attributes:
        source: the original.
        refined: the refined whole model.
    """

    source: SourceModel
    refined: Any
    _tokens: dict[bytes, list[int]] = field(default_factory=dict)

    def __call__(self, waves: Sequence[np.ndarray]) -> Tensor:
        """Return the mean divergence on some waves `[samples]`, with gradients."""
        divergences = torch.cat([self._divergences(wave) for wave in waves])
        count = torch.tensor(float(len(divergences)))
        total = sum_over_processes(count.clone()) if process_count() > 1 else count
        return divergences.sum() * process_count() / total

    def _divergences(self, wave: np.ndarray) -> Tensor:
        """Return the divergence of each token, frame or decision of one utterance, `[n]`."""
        source = self.source
        inputs, first = dict(source.encoder.inputs([wave])), 0
        with torch.no_grad(), own_attention(source.whole, source):
            if has_decoder(source.whole):
                inputs["decoder_input_ids"] = torch.tensor([self._transcript(wave)[:-1]])
                first = len(self._transcriber.prompt) - 1
            wanted_nv = _logits(source.whole, inputs)[first:]
        states_nv = _logits(self.refined, inputs)[first:]
        return F.kl_div(states_nv, wanted_nv, reduction="none", log_target=True).sum(-1)

    def _transcript(self, wave: np.ndarray) -> list[int]:
        """Return the tokens of the original's transcript, with the prompt; held-out speech comes back each time."""
        key, transcriber = sha256(wave.tobytes()).digest(), self._transcriber
        if key not in self._tokens:
            tokens = text_tokens(transcriber, transcribe_waves(transcriber, [wave])[0])
            self._tokens[key] = list(tokens[: transcriber.max_tokens])
        return self._tokens[key]

    @cached_property
    def _transcriber(self) -> Transcriber:
        return _transcriber(self.source)


def _logits(whole: Any, inputs: dict[str, Tensor]) -> Tensor:
    """Return log-probabilities `[n, V]` of one utterance."""
    logits: Tensor = whole(**inputs).logits
    return logits.flatten(0, -2).log_softmax(-1)


def _transcriber(source: SourceModel) -> Transcriber:
    encoder = source.encoder
    return Transcriber(encoder.name, source.whole, encoder.extractor, load_tokenizer(source.origin))


def states_distance(original: Encoder, refined: Any, waves: Sequence[np.ndarray]) -> Tensor:
    """Squared error of the hidden states after each layer over their variance in the original, mean over layers.

    Frames of the silence that fills a window do not count. The variance is that of the waves of all processes.
    """
    inputs = original.inputs(waves)
    with torch.no_grad():
        wanted = original.model(**inputs, output_hidden_states=True).hidden_states
    states = refined(**inputs, output_hidden_states=True).hidden_states
    lengths = [original.num_frames(wave) if original.padded_seconds else None for wave in waves]
    errors = [_relative_error(*pair, lengths) for pair in zip(states[1:], wanted[1:], strict=True)]
    return torch.stack(errors).mean()


def _relative_error(states_btd: Tensor, wanted_btd: Tensor, lengths: Sequence[int | None]) -> Tensor:
    pairs = [(a[:length], b[:length]) for a, b, length in zip(states_btd, wanted_btd, lengths, strict=True)]
    states, wanted = (torch.cat(each) for each in zip(*pairs, strict=True))
    return (states - wanted).square().mean() / _variance(wanted)


def _variance(values: Tensor) -> Tensor:
    """Return the variance over the values of all processes."""
    if process_count() == 1:
        return values.var()
    double = values.double()
    total, squares = sum_over_processes(torch.stack([double.sum(), double.square().sum()]))
    count = values.numel() * process_count()
    return ((squares - total**2 / count) / (count - 1)).to(values)
