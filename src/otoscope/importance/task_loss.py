"""The loss of the whole model on the texts or classes of the corpus, as a function of the encoder's hidden states.

A decoder has the cross-entropy of the tokens of the text, a CTC head its own loss of the letters, and a classifier the
cross-entropy of the class.

Axes: b utterance, t frame, d feature.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.corpus.transcript import texts_of
from otoscope.decoders.ctc import LetterReader, is_saved_with_ctc, make_letter_reader
from otoscope.decoders.teacher_forcing import text_losses
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.decoders.transcription import check_generation
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing.builtin.accuracy import class_numbers, classifier_of, is_saved_as_classifier
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Ints

TaskLosses = Callable[[Sequence[int], Sequence[int], Tensor], Tensor]
"""From places of utterances, numbers of hidden states, and hidden states `[B, T, d]` to the loss of each `[B]`."""


def check_task(encoder: Encoder) -> None:
    """Raise InputError if the model has no decoder, CTC head or classifier that reads its final hidden states."""
    if is_saved_with_ctc(encoder):
        make_letter_reader(encoder)
    elif is_saved_as_classifier(encoder):
        _classifier(encoder)
    else:
        check_generation(load_transcriber(encoder.name, device=str(encoder.device)))


def task_losses(encoder: Encoder, speech: LoadedSpeech) -> TaskLosses:
    """Return the loss of the task of a model on some speech.

    Raises:
        InputError: the model has no task, or an utterance has no text or class.
    """
    if is_saved_as_classifier(encoder):
        whole = _classifier(encoder)
        return partial(_class_losses, whole, class_numbers(speech.cuts, whole.config))
    texts = _texts(speech)
    if is_saved_with_ctc(encoder):
        return partial(_letter_losses, make_letter_reader(encoder), texts)
    transcriber = load_transcriber(encoder.name, device=str(encoder.device))
    check_generation(transcriber)
    transcriber.model.requires_grad_(False)
    return partial(_token_losses, transcriber, texts)


def _texts(speech: LoadedSpeech) -> list[str]:
    texts = texts_of(speech.cuts)
    if not all(texts):
        missing = next(str(cut.id) for cut, text in zip(speech.cuts, texts, strict=True) if not text)
        raise InputError(
            f"expected a text of every utterance for the loss 'task', found none of {missing}; add files .txt, or "
            "choose another --loss"
        )
    return texts


def _classifier(encoder: Encoder) -> Any:
    """Return the whole model of a classifier.

    Raises:
        InputError: its head reads other states than the last ones.
    """
    whole = classifier_of(encoder)
    is_pooled = type(whole).__name__.endswith("ForSequenceClassification") and hasattr(whole, "projector")
    is_plain = is_pooled and not getattr(whole.config, "use_weighted_layer_sum", False)
    if not is_plain:
        raise InputError(
            f"the head of {encoder.name} ({type(whole).__name__}) does not read its final hidden states alone; choose "
            "another --loss than 'task'"
        )
    return whole.requires_grad_(False)


def _class_losses(
    whole: Any, classes: Ints, indices: Sequence[int], lengths: Sequence[int], hidden_btd: Tensor
) -> Tensor:
    """Return the cross-entropy `[B]` of the class of each utterance; its states are averaged."""
    projected = whole.projector(hidden_btd)
    pooled = torch.stack([states[:length].mean(0) for states, length in zip(projected, lengths, strict=True)])
    targets = torch.from_numpy(classes[list(indices)]).to(pooled.device)
    return F.cross_entropy(whole.classifier(pooled), targets, reduction="none", ignore_index=-1)


def _letter_losses(
    reader: LetterReader, texts: Sequence[str], indices: Sequence[int], lengths: Sequence[int], hidden_btd: Tensor
) -> Tensor:
    """Return the mean CTC loss `[B]` of a letter of each utterance."""
    utterances = zip(indices, hidden_btd.float().cpu(), lengths, strict=True)
    return torch.stack([reader.loss(states[:length], texts[index]) for index, states, length in utterances])


def _token_losses(
    transcriber: Transcriber, texts: Sequence[str], indices: Sequence[int], lengths: Sequence[int], hidden_btd: Tensor
) -> Tensor:
    """Return the mean cross-entropy `[B]` of a token of each utterance."""
    states = [each[:length] for each, length in zip(hidden_btd, lengths, strict=True)]
    return text_losses(transcriber, states, [texts[index] for index in indices])
