"""What probes are trained and scored on: final hidden states of utterances, and what is known of these."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from otoscope.analysis.shards import index_batches
from otoscope.corpus.cut_fingerprint import decoded_fingerprint
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint
from otoscope.probing.hidden_states import HiddenStates
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics.clusters import Clusters

NO_LOCK: AbstractContextManager[object] = nullcontext()
"""Allow concurrent use: no other thread runs the model."""


@dataclass(frozen=True, eq=False)
class ProbeData:
    """An intact model's final hidden states of each utterance, `[T, d]`, on the CPU; `content` names all of it."""

    encoder: Encoder
    speech: LoadedSpeech
    hidden: Sequence[Tensor]
    content: str

    @property
    def clusters(self) -> Clusters:
        """Return the cluster of each utterance."""
        return self.speech.clusters

    @property
    def speakers(self) -> list[str | None]:
        """Return the speaker of each utterance, or None."""
        return self.speech.speakers

    def centres(self, index: int) -> np.ndarray:
        """Return the times `[T]` in seconds of an utterance's hidden states, evenly over the time of its frames."""
        outputs, frames = len(self.hidden[index]), self.encoder.num_frames(self.speech.waves[index])
        period = self.encoder.frame_period * frames / outputs
        return self.encoder.first_frame_center + (period - self.encoder.frame_period) / 2 + np.arange(outputs) * period


def collect_hidden_states(
    encoder: Encoder, speech: LoadedSpeech, lock: AbstractContextManager[object] = NO_LOCK
) -> ProbeData:
    """Return the hidden states of a model and their speech; threads that share the model pass a `lock`."""
    with progress("hearing the corpus", speech.seconds) as on_progress:
        hidden = HiddenStates(len(speech.cuts))
        for index, states in hidden_states(encoder, speech, on_progress, lock):
            hidden.add(index, states)
    return ProbeData(encoder, speech, hidden, content_of(encoder, speech))


def content_of(encoder: Encoder, speech: LoadedSpeech) -> str:
    """Return a text that contains everything that decides the hidden states of a model and their labels."""
    heard_by = f"{model_fingerprint(encoder)} {encoder.model.dtype} {encoder.device.type}"
    order = " ".join(map(str, speech.ids))  # which the fingerprint does not know, and folds go by
    names = "" if speech.phones == "auto" else f" phones {speech.phones}"
    return f"{heard_by} {decoded_fingerprint(speech.cuts)} {order}{names}"


def hidden_states(
    encoder: Encoder,
    speech: LoadedSpeech,
    on_progress: Callable[[float], None],
    lock: AbstractContextManager[object] = NO_LOCK,
) -> Iterator[tuple[int, Tensor]]:
    """Yield index and final hidden states `[T, d]` (float32, CPU) of each utterance, under the interventions in force.

    `on_progress` receives the seconds of audio that are done.
    """
    seconds = speech.durations
    for batch in index_batches(enumerate(seconds), encoder.padded_seconds):
        with lock:
            encoded = encoder.forward([speech.waves[index] for index in batch])
        hidden = encoded.hidden.float().cpu()
        for index, states, length in zip(batch, hidden, encoded.lengths, strict=True):
            yield index, states[:length].clone()
        on_progress(sum(seconds[index] for index in batch))
