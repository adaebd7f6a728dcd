"""Keys and values of cross-attention, which gates leave as they are: computed once for each utterance of a search."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from otoscope.decoders.transcriber import Transcriber

MAX_STORED_BYTES = 4e9

LayerStates = list[tuple[Tensor, Tensor]]
"""Keys and values `[1, H, T, d]` of each layer of the decoder."""


@dataclass
class CrossStates:
    """Keys and values of utterances, in half precision, until memory is full; others are computed again.

    Attributes:
        transcriber: the model, whose encoder and projections to keys and values are frozen.
    """

    transcriber: Transcriber
    _stored: dict[tuple[str, int], LayerStates] = field(default_factory=dict)
    _bytes: int = 0

    def cache(self, name: str, indices: Sequence[int], encoded: Sequence[Tensor]) -> EncoderDecoderCache:
        """Return a cache of the decoder that holds the keys and values of a batch.

        Args:
            name: of the material.
            indices: utterances of the material.
            encoded: hidden states `[T, d]` of the encoder for each.
        """
        layers = [self._states((name, index), hidden) for index, hidden in zip(indices, encoded, strict=True)]
        cross = DynamicCache()
        for layer, utterances in enumerate(zip(*layers, strict=True)):
            keys, values = (torch.cat(each).to(encoded[0].dtype) for each in zip(*utterances, strict=True))
            cross.update(keys, values, layer)
        return EncoderDecoderCache(DynamicCache(), cross)

    def _states(self, key: tuple[str, int], hidden: Tensor) -> LayerStates:
        if key in self._stored:
            return self._stored[key]
        states = self._compute(hidden)
        size = sum(each.numel() * each.element_size() for pair in states for each in pair)
        if self._bytes + size <= MAX_STORED_BYTES:
            self._stored[key], self._bytes = states, self._bytes + size
        return states

    @torch.no_grad()
    def _compute(self, hidden: Tensor) -> LayerStates:
        output = self.transcriber.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden[None]),
            decoder_input_ids=torch.tensor([self.transcriber.prompt[:1]]),
            use_cache=True,
        )
        return [(each.keys.half(), each.values.half()) for each in output.past_key_values.cross_attention_cache.layers]
