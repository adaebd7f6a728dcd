"""How probable a text is to the decoder of a model, token by token, with the right tokens before each.

Axes: b utterance, t frame, l token, v vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from otoscope.decoders.transcriber import Transcriber


def text_tokens(transcriber: Transcriber, text: str) -> tuple[int, ...]:
    """Return prompt, tokens of a text, and end token; an empty text has no tokens."""
    spoken = text.capitalize() if text.isupper() or text.islower() else text
    tokens = transcriber.tokenizer(f" {spoken}", add_special_tokens=False).input_ids if spoken else []
    return (*transcriber.prompt, *tokens, transcriber.end)


def token_log_probabilities(
    transcriber: Transcriber, states: Sequence[Tensor], sequences: Sequence[Sequence[int]]
) -> list[Tensor]:
    """Return log-probabilities `[L - 1, V]` of the tokens after the first of each sequence, with gradients.

    Args:
        transcriber: the model.
        states: what its encoder gives for each utterance `[T, d]`, padding included.
        sequences: tokens of each utterance.
    """
    if not transcriber.has_fixed_window and len(states) > 1:
        pairs = zip(states, sequences, strict=True)
        return [token_log_probabilities(transcriber, [state], [sequence])[0] for state, sequence in pairs]
    length = max(map(len, sequences)) - 1
    ids = torch.full((len(sequences), length), transcriber.end, device=states[0].device)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
    encoded = BaseModelOutput(last_hidden_state=torch.stack(list(states)))
    logits = transcriber.model(encoder_outputs=encoded, decoder_input_ids=ids, use_cache=False).logits.log_softmax(-1)
    return [logits[row, : len(sequence) - 1] for row, sequence in enumerate(sequences)]


def text_losses(transcriber: Transcriber, states: Sequence[Tensor], texts: Sequence[str]) -> Tensor:
    """Return the mean cross-entropy of a token of each text, the end token included, `[B]`; it has gradients."""
    sequences = [text_tokens(transcriber, text) for text in texts]
    first = len(transcriber.prompt) - 1
    rows = token_log_probabilities(transcriber, states, sequences)
    pairs = zip(rows, sequences, strict=True)
    losses = [-row[first:].gather(1, torch.tensor(tokens[first + 1 :])[:, None]).mean() for row, tokens in pairs]
    return torch.stack(losses)
