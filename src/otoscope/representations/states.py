"""Run each utterance once, and collect the states of all layers and the statistics of all heads.

A *depth* numbers the states: 0 is the input of the first layer, n the output of layer n - 1.

Axes: b utterance, t frame, n token, d feature.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import Statistic
from otoscope.statistics.compute import compute_statistics
from otoscope.typing import AnyFloats

MAX_STATE_BYTES = 8 * 2**30


@dataclass(frozen=True, eq=False)
class UtteranceStates:
    """States `[T, d]` of an utterance at each depth (float32, CPU), and statistics `[layer, head]` of its heads."""

    states: Sequence[Tensor]
    statistics: Mapping[str, AnyFloats]


def check_states(encoder: Encoder, speech: LoadedSpeech | None = None) -> None:
    """Raise InputError for a model whose states cannot be collected, or speech whose states need too much memory."""
    if not isinstance(encoder.model, PreTrainedModel):
        raise InputError(
            f"expected a model of transformers, which returns the states of its layers; found {encoder.name}"
        )
    if speech is None:
        return
    frames = sum(encoder.num_frames(wave) for wave in speech.waves)
    size = getattr(encoder.model.config, "hidden_size", None) or encoder.model.config.d_model
    if (needed := 4 * frames * size * (encoder.n_layers + 1)) > MAX_STATE_BYTES:
        raise InputError(
            f"expected speech whose states need at most {MAX_STATE_BYTES / 2**30:.0f} GiB, found "
            f"{needed / 2**30:.0f} GiB; pass --sample N"
        )


def collect_states(
    encoder: Encoder,
    speech: LoadedSpeech,
    statistics: dict[str, Statistic],
    on_progress: Callable[[float], None] = lambda seconds: None,
) -> list[UtteranceStates]:
    """Return the states and statistics of each utterance, from one run of the model on each."""
    by_index: dict[int, UtteranceStates] = {}
    needs = frozenset[str]().union(*(each.requires for each in statistics.values()))
    for batch in batches(list(enumerate(speech.cuts)), encoder.padded_seconds):
        indices = [index for index, _ in batch]
        for index, states in zip(indices, _run(encoder, [speech.waves[i] for i in indices], needs), strict=True):
            values = compute_statistics(statistics, states.reductions) if statistics else {}
            by_index[index] = UtteranceStates(states.states, values)
        on_progress(sum(cut.duration for _, cut in batch))
    return [by_index[index] for index in range(len(speech.cuts))]


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
