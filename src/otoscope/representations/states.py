"""Run each utterance once, and collect the states of all layers and the statistics of all heads.

A *depth* numbers the states: 0 is the input of the first layer, n the output of layer n - 1.

Axes: b utterance, t frame, n token, d feature.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn
from transformers import PreTrainedModel

from otoscope.analysis.shards import batches
from otoscope.attention.reductions import Reductions
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.families import SPECIAL_TOKENS
from otoscope.models.front_ends import patch_grid_shape
from otoscope.representations.state_files import StateWriter, state_bytes
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import Statistic
from otoscope.statistics.compute import compute_statistics
from otoscope.typing import AnyFloats


@dataclass(frozen=True, eq=False)
class CorpusStates:
    """States of a corpus.

    Attributes:
        depths: states `[T, d]` (float32, CPU) of each utterance, by depth; read from disk when they are used.
        statistics: statistics `[layer, head]` of the heads on each utterance.
    """

    depths: Sequence[Sequence[Tensor]]
    statistics: Sequence[Mapping[str, AnyFloats]]

    def utterance(self, index: int) -> list[Tensor]:
        """Return the states `[T, d]` of an utterance at each depth."""
        return [states[index] for states in self.depths]


def check_states(encoder: Encoder) -> None:
    """Raise InputError for a model whose states cannot be collected."""
    if not isinstance(encoder.model, PreTrainedModel):
        raise InputError(
            f"expected a model of transformers, which returns the states of its layers; found {encoder.name}"
        )


def bytes_of_states(encoder: Encoder, speech: LoadedSpeech) -> int:
    """Return the bytes of the states of all depths on some speech."""
    frames = sum(encoder.num_frames(wave) for wave in speech.waves)
    size = getattr(encoder.model.config, "hidden_size", None) or encoder.model.config.d_model
    return state_bytes(frames, size, encoder.n_layers + 1)


def collect_states(
    encoder: Encoder,
    speech: LoadedSpeech,
    statistics: dict[str, Statistic],
    folder: Path,
    on_progress: Callable[[float], None] = lambda seconds: None,
) -> CorpusStates:
    """Write the states of all utterances, from one run of the model on each, and return them with the statistics.

    Args:
        encoder: the model.
        speech: the speech.
        statistics: statistics of heads to measure in the same run.
        folder: new folder for the states.
        on_progress: receives the seconds of audio that are done.

    Raises:
        InputError: the disk is full.
    """
    writer = StateWriter(folder, [encoder.num_frames(wave) for wave in speech.waves])
    measured: dict[int, Mapping[str, AnyFloats]] = {}
    needs = frozenset[str]().union(*(each.requires for each in statistics.values()))
    for batch in batches(list(enumerate(speech.cuts)), encoder.padded_seconds):
        indices = [index for index, _ in batch]
        for index, states in zip(indices, _run(encoder, [speech.waves[i] for i in indices], needs), strict=True):
            writer.write(index, states.states)
            measured[index] = compute_statistics(statistics, states.reductions) if statistics else {}
        on_progress(sum(cut.duration for _, cut in batch))
    return CorpusStates(writer.depths(), [measured[index] for index in range(len(speech.cuts))])


@dataclass(frozen=True, eq=False)
class _RunStates:
    states: Sequence[Tensor]
    reductions: Sequence[Reductions]


def _run(encoder: Encoder, waves: Sequence[np.ndarray], needs: Collection[str]) -> Iterator[_RunStates]:
    by_layer: dict[int, list[Reductions]] = {}

    def on_layer(layer: int, reductions: list[Reductions]) -> None:
        by_layer.setdefault(layer, []).extend(reductions)

    with record_states(encoder) as runs:
        encoder.measure(waves, needs, on_layer)
    utterances = [[state[b] for state in states] for states in runs for b in range(len(states[0]))]
    for b, (wave, states) in enumerate(zip(waves, utterances, strict=True)):
        frames, layers = encoder.num_frames(wave), range(encoder.n_layers)
        in_time = [state for state in (_in_time(encoder, state, frames) for state in states) if len(state) == frames]
        yield _RunStates(in_time[-encoder.n_layers - 1 :], [by_layer[layer][b] for layer in layers if needs])


def _in_time(encoder: Encoder, state_nd: Tensor, frames: int) -> Tensor:
    """Return the states `[T, d]` of the frames of the utterance; those of patches are averaged over bands."""
    if encoder.family.is_patch_grid:
        shape = patch_grid_shape(encoder.model.config)
        state_nd = state_nd[SPECIAL_TOKENS:].unflatten(0, shape).mean(0)  # type: ignore[no-untyped-call]
    return state_nd[:frames].float().cpu()


@contextmanager
def record_states(encoder: Encoder) -> Iterator[list[tuple[Tensor, ...]]]:
    """Yield a list that receives the hidden states `[B, N, d]` of each run of the model within the block."""
    runs: list[tuple[Tensor, ...]] = []

    def request(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args, {**kwargs, "output_hidden_states": True}

    def receive(model: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        runs.append(output.hidden_states)

    before = encoder.model.register_forward_pre_hook(request, with_kwargs=True)
    after = encoder.model.register_forward_hook(receive)
    with before, after:
        yield runs
