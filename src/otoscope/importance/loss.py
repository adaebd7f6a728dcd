"""Losses that measure the harm of removing heads; the first two need no labels.

`reconstruction` is the loss that the model was trained with: L1 on masked frames, the same frames each time.
`hidden` is the relative error of the final hidden state against the intact model, for models without such a head. Its
gradient at the intact model is zero, so gradients are taken of the final hidden state's product with random signs over
its own norm: the square of that gradient is, in the mean over signs, the diagonal of the Gauss-Newton matrix of the
squared relative error (Hutchinson 1990).
`task` is the loss of the whole model on the texts or classes of the corpus (`task_loss.py`). The others are the
cross-entropy of a probe (see `probing`), where the corpus has its labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.errors import InputError
from otoscope.importance.task_loss import TaskLosses, check_task, task_losses
from otoscope.models.encoder import Encoder
from otoscope.models.encoder_output import zero_padding
from otoscope.models.mockingjay.modeling import stack_frames
from otoscope.models.prediction_head import has_prediction_head, prediction_head
from otoscope.pretraining.masking import Masking, choose_frames
from otoscope.probing import PROBES
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.scorer import Probe, Scorer
from otoscope.runs.speech_source import LoadedSpeech

Losses = Callable[[Tensor], Tensor]
"""From final hidden states `[B, T, d]` to the loss of each utterance `[B]`."""


@dataclass(frozen=True)
class Batch:
    """The inputs of some utterances, and the loss of the hidden states that the model computes from them.

    Attributes:
        lengths: number of final hidden states of each utterance, without padding and without silence after it.
        inputs: what the model receives.
        seconds: seconds of audio.
        waves: samples of each utterance.
        loss: from final hidden states `[B, T, d]`, zero after the end of each utterance, to losses `[B]`.
        slope: what gradients are taken of; None: the loss itself.
    """

    lengths: tuple[int, ...]
    inputs: dict[str, Tensor]
    seconds: float
    waves: Sequence[np.ndarray]
    loss: Losses
    slope: Losses | None = None

    @property
    def gradient_target(self) -> Losses:
        """Return what gradients are taken of."""
        return self.slope or self.loss

    def hidden(self, hidden_btd: Tensor) -> Tensor:
        """Return the hidden states of the utterances alone: up to the longest, zero after the end of each."""
        return zero_padding(hidden_btd, self.lengths)


BatchMaker = Callable[[Sequence[int]], Batch]
"""From places of utterances in the speech to their batch."""


def reconstruction(encoder: Encoder, speech: LoadedSpeech) -> BatchMaker:
    """Return the masked L1 of the model's prediction head; masks depend on the utterance's place alone.

    Raises:
        InputError: the model has no such head.
    """
    return partial(_reconstruction_batch, encoder, speech, prediction_head(encoder))


def _reconstruction_batch(encoder: Encoder, speech: LoadedSpeech, head: nn.Module, indices: Sequence[int]) -> Batch:
    """Return a batch whose masked frames are zero, and its loss."""
    rate = encoder.model.config.downsample_rate
    masking = Masking(**getattr(encoder.model.config, "recipe", {}).get("masking", {}))
    waves = [speech.waves[index] for index in indices]
    inputs = encoder.inputs(waves)
    target = stack_frames(inputs["input_features"], rate)
    lengths = [encoder.num_frames(wave) for wave in waves]
    masked_bt = _masked(indices, lengths, target.shape[1], masking).to(target.device)
    masked_frames = masked_bt.repeat_interleave(rate, dim=1)
    features = inputs["input_features"][:, : masked_frames.shape[1]].masked_fill(masked_frames[..., None], 0)
    loss = partial(_reconstruction_loss, head, target, masked_bt)
    return Batch(tuple(lengths), _cropped(inputs, features), _seconds(speech, indices), waves, loss)


def _reconstruction_loss(head: nn.Module, target: Tensor, masked_bt: Tensor, hidden_btd: Tensor) -> Tensor:
    """Return the mean absolute error `[B]` of the head on masked frames."""
    error_bt = (head(hidden_btd) - target).abs().mean(-1)
    return (error_bt * masked_bt).sum(1) / masked_bt.sum(1)


def hidden(encoder: Encoder, speech: LoadedSpeech) -> BatchMaker:
    """Return the relative error of the final hidden state against the intact model."""
    return partial(_hidden_batch, encoder, speech)


def _hidden_batch(encoder: Encoder, speech: LoadedSpeech, indices: Sequence[int]) -> Batch:
    """Return a batch, its relative error, and the product with random signs that gradients are taken of."""
    waves = [speech.waves[index] for index in indices]
    intact = encoder.forward(waves)
    signs = torch.stack([_signs(intact.hidden[0], index) for index in indices])
    norm = intact.hidden.flatten(1).norm(dim=1)
    loss = partial(_relative_error, intact.hidden, norm)
    slope = partial(_signed_sum, signs, norm)
    return Batch(intact.lengths, encoder.inputs(waves), _seconds(speech, indices), waves, loss, slope)


def _relative_error(intact_btd: Tensor, norm: Tensor, hidden_btd: Tensor) -> Tensor:
    """Return the norm `[B]` of the difference from the intact hidden states, over `norm`."""
    return (hidden_btd - intact_btd).flatten(1).norm(dim=1) / norm


def _signed_sum(signs: Tensor, norm: Tensor, hidden_btd: Tensor) -> Tensor:
    """Return the product `[B]` of hidden states with signs, over `norm`."""
    return (hidden_btd * signs).flatten(1).sum(1) / norm


def probe_loss(probe: Probe, encoder: Encoder, speech: LoadedSpeech) -> BatchMaker:
    """Return the cross-entropy of a probe of the intact model, by networks trained on other utterances.

    Raises:
        InputError: the corpus lacks the probe's labels.
    """
    data = collect_hidden_states(encoder, speech)
    return scorer_loss(encoder, data, probe.scorer(data, Training(), open_cache()))


def scorer_loss(encoder: Encoder, data: ProbeData, scorer: Scorer) -> BatchMaker:
    """Return the cross-entropy of a probe of the intact model that is trained already."""
    return partial(_probe_batch, encoder, data, scorer)


def _probe_batch(encoder: Encoder, data: ProbeData, scorer: Scorer, indices: Sequence[int]) -> Batch:
    """Return a batch and the loss of a probe on it."""
    lengths = tuple(len(data.hidden[index]) for index in indices)
    waves = [data.speech.waves[index] for index in indices]
    loss = partial(_probe_losses, scorer, indices, lengths)
    return Batch(lengths, encoder.inputs(waves), _seconds(data.speech, indices), waves, loss)


def _probe_losses(scorer: Scorer, indices: Sequence[int], lengths: Sequence[int], hidden_btd: Tensor) -> Tensor:
    """Return the loss `[B]` of a probe on each utterance."""
    utterances = zip(indices, hidden_btd.float().cpu(), lengths, strict=True)
    return torch.stack([scorer.loss(index, states[:length]) for index, states, length in utterances])


@dataclass(frozen=True)
class Loss:
    """A loss by its name."""

    name: str
    batch: BatchMaker


LOSSES = {"reconstruction": reconstruction, "hidden": hidden}
TASK = "task"


def _task_batches(encoder: Encoder, speech: LoadedSpeech) -> BatchMaker:
    """Return the loss of the whole model on the texts or classes of the speech.

    Raises:
        InputError: the model has no task, or the corpus lacks its texts or classes.
    """
    return partial(_task_batch, encoder, speech, task_losses(encoder, speech))


def _task_batch(encoder: Encoder, speech: LoadedSpeech, losses: TaskLosses, indices: Sequence[int]) -> Batch:
    """Return a batch whose hidden states go to the head or decoder of the model, those of padded silence too."""
    waves = [speech.waves[index] for index in indices]
    encoded = encoder.forward_unhooked(waves) if encoder.padded_seconds else encoder.forward(waves)
    lengths = (encoded.shape[1],) * len(waves) if isinstance(encoded, Tensor) else encoded.lengths
    loss = partial(losses, indices, lengths)
    return Batch(lengths, encoder.inputs(waves), _seconds(speech, indices), waves, loss)


def get_loss(name: str, encoder: Encoder, speech: LoadedSpeech) -> Loss:
    """Return the loss of a name; `auto` is the model's own if it has its prediction head, else `hidden`.

    Raises:
        InputError: no such loss, or the labels or the prediction head that it needs are not there.
    """
    check_loss(name)
    if name == "auto":
        name = "reconstruction" if has_prediction_head(encoder) else "hidden"
    if name in LOSSES:
        return Loss(name, LOSSES[name](encoder, speech))
    if name == TASK:
        return Loss(name, _task_batches(encoder, speech))
    probe = PROBES.get(name)
    probe.check_cuts(speech.cuts)
    return Loss(name, probe_loss(probe, encoder, speech))


def check_loss(name: str, encoder: Encoder | None = None) -> None:
    """Raise InputError if there is no loss with this name, or if the model lacks the prediction head that it needs."""
    names = ["auto", *LOSSES, TASK, *(probe.name for probe in PROBES.select().values() if probe.trained)]
    if name not in names:
        raise InputError(f"no loss '{name}'; losses are {', '.join(names)}")
    if name == "reconstruction" and encoder is not None:
        prediction_head(encoder)
    if name == TASK and encoder is not None:
        check_task(encoder)


def _masked(indices: Sequence[int], lengths: Sequence[int], longest: int, masking: Masking) -> Tensor:
    masked_bt = torch.zeros(len(indices), longest, dtype=torch.bool)
    for row, (index, length) in enumerate(zip(indices, lengths, strict=True)):
        masked_bt[row, :length] = torch.from_numpy(choose_frames(length, masking, np.random.default_rng([0, index])))
    return masked_bt


def _cropped(inputs: dict[str, Tensor], features: Tensor) -> dict[str, Tensor]:
    frames = features.shape[1]
    return {name: features if name == "input_features" else tensor[:, :frames] for name, tensor in inputs.items()}


def _signs(like: Tensor, seed: int) -> Tensor:
    drawn = torch.randint(0, 2, like.shape, generator=torch.Generator().manual_seed(seed))
    return (2 * drawn - 1).to(like)


def _seconds(speech: LoadedSpeech, indices: Sequence[int]) -> float:
    return sum(speech.cuts[index].duration for index in indices)
