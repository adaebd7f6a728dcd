"""What a model with a CTC head transcribes: the likeliest letter of each frame, repetitions and blanks removed.

Axes: t frame, d feature, v letter.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.decoders.transcriber import Transcriber, load_tokenizer
from otoscope.decoders.word_errors import Normalizer, text_normalizer
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.whole_model import whole_model

CTC_ENDING = "ForCTC"


def has_ctc_head(whole: Any) -> bool:
    """Return whether letters are read from the frames of a model's encoder."""
    return type(whole).__name__.endswith(CTC_ENDING)


def is_saved_with_ctc(encoder: Encoder) -> bool:
    """Return whether the folder of an encoder holds a CTC head, by its configuration."""
    return any(name.endswith(CTC_ENDING) for name in getattr(encoder.model.config, "architectures", None) or ())


def read_letters(tokenizer: Any, logits_tv: Tensor) -> str:
    """Return the text of the likeliest letter of each frame."""
    return str(tokenizer.decode(logits_tv.argmax(-1))).strip()


@dataclass(frozen=True, eq=False)
class LetterReader:
    """A CTC head and its letters.

    Attributes:
        head: from final hidden states `[T, d]` to logits `[T, V]`.
        tokenizer: between letters and their numbers.
        blank: number of the blank.
        normalize: spelling in which texts are compared.
    """

    head: Any
    tokenizer: Any
    blank: int
    normalize: Normalizer

    def text(self, hidden_td: Tensor) -> str:
        """Return what the frames of an utterance spell."""
        with torch.no_grad():
            return read_letters(self.tokenizer, self.head(hidden_td))

    def letters(self, text: str) -> list[int]:
        """Return the numbers of the letters of a text, in the case that the tokenizer has."""
        spelled = text.upper() if "A" in self.tokenizer.get_vocab() else text.lower()
        return list(self.tokenizer(spelled).input_ids)

    def loss(self, hidden_td: Tensor, text: str) -> Tensor:
        """Return the mean CTC loss of a letter of a text (Graves et al. 2006)."""
        labels = torch.tensor(self.letters(text))
        logits = self.head(hidden_td).log_softmax(-1)
        frames, count = (torch.tensor([len(each)]) for each in (logits, labels))
        return F.ctc_loss(logits[:, None], labels[None], frames, count, blank=self.blank, zero_infinity=True)


def make_letter_reader(encoder: Encoder) -> LetterReader:
    """Return the CTC head in the folder of an encoder, in float32 on the CPU.

    Raises:
        InputError: the folder has no such head, or no tokenizer.
    """
    whole = whole_model(encoder)
    tokenizer = load_tokenizer(encoder.name) if has_ctc_head(whole) else None
    head = getattr(whole, "lm_head", None)
    if head is None or tokenizer is None:
        raise InputError(
            f"expected a model with a CTC head and a tokenizer, found {encoder.name} ({type(whole).__name__}); take "
            "another model or another probe"
        )
    normalize = text_normalizer(Transcriber(encoder.name, whole, None, tokenizer))
    return LetterReader(head.float().cpu().requires_grad_(False), tokenizer, int(whole.config.pad_token_id), normalize)
