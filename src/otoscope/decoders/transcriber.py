"""Load a model that transcribes: its encoder, its decoder, its feature extractor and its tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSpeechSeq2Seq, AutoTokenizer
from transformers.modeling_outputs import BaseModelOutput

from otoscope.decoders.attention_modules import DecoderLayer, decoder_layers, find_decoder
from otoscope.errors import InputError, shorten_error
from otoscope.models.encoder import Encoder
from otoscope.models.families import find_family
from otoscope.models.fingerprint import weights_fingerprint
from otoscope.models.load import DTYPES, device_of, load_whole, silence_transformers
from otoscope.models.model_settings import SAMPLING_RATE, from_pretrained, load_extractor, model_source

SAMPLES_PER_10_MS = 160


@dataclass(frozen=True)
class Transcriber:
    """A speech model with a decoder.

    Attributes:
        name: what it was loaded from.
        model: the transformers model.
        extractor: its feature extractor.
        tokenizer: its tokenizer; None if the folder has none, so that texts must be token ids.
    """

    name: str
    model: Any
    extractor: Any
    tokenizer: Any = None

    @cached_property
    def decoder(self) -> Any:
        """The decoder."""
        return find_decoder(self.model, self.name)

    @cached_property
    def layers(self) -> dict[nn.Module, DecoderLayer]:
        """Kind and layer of each attention module of the decoder."""
        return decoder_layers(self.decoder, self.name)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the configurations and of all weights, those of the decoder too."""
        return weights_fingerprint(self.model, self.extractor)

    @property
    def has_fixed_window(self) -> bool:
        """Whether the model pads all audio to one length, and attends to the padding."""
        family = find_family(self.model.config.model_type)
        return family is not None and family.sees_silence

    @property
    def window_samples(self) -> int | None:
        """Samples of the longest audio; None if there is no limit."""
        return int(self.extractor.n_samples) if self.has_fixed_window else None

    @property
    def max_tokens(self) -> int | None:
        """Tokens that the decoder has positions for, those of the prompt too; None if there is no limit."""
        config = self.model.config
        most = getattr(config, "max_target_positions", None) or getattr(config, "max_position_embeddings", None)
        return None if most is None else int(most)

    @property
    def prompt(self) -> tuple[int, ...]:
        """Tokens before the text: start, and what follows it in the model's own configuration."""
        if prefix := tuple(getattr(self.tokenizer, "prefix_tokens", ()) or ()):
            return prefix if self.has_fixed_window else (self._start, *prefix)
        return (self._start,)

    @property
    def end(self) -> int:
        """Token after the text."""
        value = self.model.generation_config.eos_token_id
        return int(value[0] if isinstance(value, list) else value)

    @property
    def _start(self) -> int:
        value = self.model.generation_config.decoder_start_token_id
        return int(self.model.config.decoder_start_token_id if value is None else value)

    def check_tokenizer(self) -> None:
        """Raise InputError if the model has no tokenizer."""
        if self.tokenizer is None:
            raise InputError(f"expected {self.name} with a tokenizer, found none; save it to the model folder")

    def check_wave(self, wave: np.ndarray) -> None:
        """Raise InputError for audio that is empty or longer than the model takes."""
        if not len(wave):
            raise InputError("expected audio, found 0 samples; replace or remove the file")
        if self.window_samples and len(wave) > self.window_samples:
            raise InputError(
                f"expected at most {self.window_samples / SAMPLING_RATE:g} s of audio for {self.name}, found "
                f"{len(wave) / SAMPLING_RATE:.1f} s; divide it"
            )

    def inputs(self, waves: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """Return the inputs of the model for some waves `[samples]` of 16 kHz; several only with a fixed window."""
        batch = self.extractor(list(waves), sampling_rate=SAMPLING_RATE, return_tensors="pt")
        names = ("input_features", "input_values") + (() if self.has_fixed_window else ("attention_mask",))
        named = {name: batch[name] for name in names if name in batch}
        weights = next(self.model.parameters())
        return {
            name: value.to(weights.device, weights.dtype if value.is_floating_point() else None)
            for name, value in named.items()
        }

    def samples_per_column(self, samples: int, columns: int) -> float:
        """Return the samples from one column of cross-attention to the next.

        Args:
            samples: length of the audio as the encoder receives it.
            columns: number of columns for it.
        """
        config = self.model.config
        if self.has_fixed_window:
            return self.extractor.n_samples / columns
        if config.model_type == "speech_to_text":
            return float(SAMPLES_PER_10_MS * 2**config.num_conv_layers)
        family = find_family(config.model_type) or find_family(f"{config.model_type}_v2")
        if family is None:
            return samples / columns
        adapter = getattr(config, "adaptor_stride", 1) ** getattr(config, "num_adapter_layers", 0)
        return float(family.front_end.hop(config) * adapter)


def load_transcriber(
    name_or_path: str | Path | Transcriber, *, device: str = "auto", dtype: str = "float32"
) -> Transcriber:
    """Load a model that transcribes, from the hub or a folder.

    Raises:
        InputError: it cannot be loaded, or has no decoder.
    """
    if isinstance(name_or_path, Transcriber):
        return name_or_path
    name = str(name_or_path)
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype '{dtype}'; choose one of {', '.join(DTYPES)}")
    with silence_transformers():
        source = model_source(name)
        _check_decoder(name, from_pretrained(AutoConfig, source))
        try:
            model = AutoModelForSpeechSeq2Seq.from_pretrained(source, dtype=DTYPES[dtype])
        except Exception as error:  # safetensors, torch and transformers each fail in their own way
            raise InputError(f"weights of {name} cannot be loaded: {shorten_error(error)}; save it again") from error
        extractor = load_extractor(name, name)
    transcriber = Transcriber(name, model.to(device_of(device)).eval(), extractor, load_tokenizer(name))
    assert transcriber.layers
    return transcriber


def load_with_encoder(
    name_or_path: str | Path, *, device: str = "auto", dtype: str = "float32", recheck: bool = False
) -> tuple[Transcriber, Encoder]:
    """Load a model that transcribes once, and its encoder; the encoder's attention cannot be measured.

    Args:
        name_or_path, device, dtype, recheck: as `otoscope.load`.

    Raises:
        InputError: the model cannot be loaded, or has no decoder.
    """
    name = str(name_or_path)
    with silence_transformers():
        _check_decoder(name, from_pretrained(AutoConfig, model_source(name)))
        whole, encoder = load_whole(name, device=device, dtype=dtype, recheck=recheck)
        if not whole.can_generate():  # saved without the layer that predicts tokens: transformers adds it
            return load_transcriber(name, device=device, dtype=dtype), encoder
        whole.set_attn_implementation("sdpa" if whole._supports_sdpa else "eager")
        transcriber = Transcriber(name, whole.to(encoder.device).eval(), encoder.extractor, load_tokenizer(name))
    assert transcriber.layers
    return transcriber, encoder


def _check_decoder(name: str, config: Any) -> None:
    if getattr(config, "audio_token_id", None) is not None:
        raise InputError(
            f"{name} is a '{config.model_type}' model, which has its audio among the tokens of its text; expected a "
            "model with cross-attention, as Whisper; use otoscope.capture_audio_tokens for this one"
        )
    if type(config) in AutoModelForSpeechSeq2Seq._model_mapping:
        return
    raise InputError(
        f"{name} is a '{config.model_type}' model, which has no decoder; expected a model that transcribes, as Whisper"
    )


def load_tokenizer(name: str) -> Any:
    """Return the tokenizer of a model, or None if there is none."""
    with silence_transformers():
        try:
            return AutoTokenizer.from_pretrained(name)
        except Exception:  # each tokenizer reads its files in its own way
            return None


class AudioStates(BaseModelOutput):
    """Hidden states of encoders; decoders that read a mask from them, as Moonshine's, find none."""

    attention_mask = None


@torch.inference_mode()
def encode_audio(transcriber: Transcriber, inputs: dict[str, Tensor]) -> Any:
    """Return what the encoder makes of its inputs, with the model's own attention backend."""
    return transcriber.model.get_encoder()(**inputs, return_dict=True)
