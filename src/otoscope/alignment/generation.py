"""What a model transcribes by the settings of the user: beams, fallback to higher temperatures, prompt, long audio."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from otoscope.alignment.options import GenerationOptions
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError
from otoscope.models.load import silence_transformers
from otoscope.models.model_settings import SAMPLING_RATE

TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FALLBACK = {"temperature": TEMPERATURES, "compression_ratio_threshold": 1.35, "logprob_threshold": -1.0}
"""Thresholds of Whisper (Radford et al. 2023, section 4.5). The ratio is of tokens: 1.35 there is 2.4 of letters."""
SEED = 0
"""Of the texts that are drawn at a temperature above zero."""


@dataclass(frozen=True)
class Part:
    """Words in a part of the audio, from `start` to `end` in seconds."""

    start: float
    end: float
    words: tuple[str, ...]


@torch.inference_mode()
def transcribe(transcriber: Transcriber, wave: np.ndarray, options: GenerationOptions) -> list[Part]:
    """Return what a model transcribes: one part, or for long audio the parts between its own time tokens.

    Raises:
        InputError: the model cannot generate a text, or does not have what the options ask for.
    """
    tokenizer, model, seconds = transcriber.tokenizer, transcriber.model, len(wave) / SAMPLING_RATE
    if tokenizer is None or not model.can_generate():
        raise InputError(f"expected a text, because {transcriber.name} cannot generate one; give the text of the audio")
    settings = generation_settings(transcriber, options)
    with silence_transformers(), _seeded():
        if transcriber.window_samples is None or len(wave) <= transcriber.window_samples:
            tokens = model.generate(**transcriber.inputs([wave]), **settings)[0]
            return [Part(0.0, seconds, tuple(tokenizer.decode(tokens, skip_special_tokens=True).split()))]
        inputs = transcriber.extractor(
            [wave],
            sampling_rate=SAMPLING_RATE,
            return_tensors="pt",
            truncation=False,
            padding="longest",
            return_attention_mask=True,
        ).to(model.device)
        segments = model.generate(**inputs, **settings, return_timestamps=True, return_segments=True)["segments"][0]
    decoded = (tuple(tokenizer.decode(item["tokens"], skip_special_tokens=True).split()) for item in segments)
    return [
        Part(float(item["start"]), min(float(item["end"]), seconds), words)
        for item, words in zip(segments, decoded, strict=True)
        if words
    ]


def generation_settings(transcriber: Transcriber, options: GenerationOptions) -> dict[str, Any]:
    """Return the arguments of `generate` for some options.

    Raises:
        InputError: the model has no fallback, or takes no prompt.
    """
    settings: dict[str, Any] = {"num_beams": options.beams} if options.beams else {}
    if options.fallback:
        if not hasattr(transcriber.model, "generate_with_fallback"):
            raise InputError(f"expected Whisper for --fallback, found {transcriber.name}; omit --fallback")
        settings |= FALLBACK
    if options.prompt:
        if not hasattr(transcriber.tokenizer, "get_prompt_ids"):
            raise InputError(f"expected a model that takes a --prompt, as Whisper, found {transcriber.name}; omit it")
        prompt = transcriber.tokenizer.get_prompt_ids(options.prompt, return_tensors="pt")
        settings["prompt_ids"] = prompt.to(transcriber.model.device)
    return settings


@contextmanager
def _seeded() -> Iterator[None]:
    """Draw the same texts in every process, and leave the caller's random numbers as they are."""
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        yield
