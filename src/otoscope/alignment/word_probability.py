"""How probable each word of a text is to the decoder of a model, with the right words before it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from otoscope.alignment.spelling import Unit, spell
from otoscope.decoders.teacher_forcing import token_log_probabilities
from otoscope.decoders.transcriber import Transcriber
from otoscope.typing import Floats


@torch.inference_mode()
def word_probabilities(transcriber: Transcriber, hidden_td: Tensor, words: Sequence[str]) -> Floats:
    """Return the geometric mean of the probabilities of the tokens of each word.

    Args:
        transcriber: the model.
        hidden_td: what its encoder makes of the audio.
        words: the text.
    """
    spelling = spell(transcriber.tokenizer, words, Unit.wordpiece)
    (log_probability,) = token_log_probabilities(
        transcriber, [hidden_td], [(*transcriber.prompt, *spelling.tokens, transcriber.end)]
    )
    first = len(transcriber.prompt) - 1
    rows = first + np.arange(len(spelling.tokens))
    chosen = log_probability[rows, list(spelling.tokens)].double().cpu().numpy()
    return np.exp([chosen[start:end].mean() for start, end in pairwise(spelling.first)])
