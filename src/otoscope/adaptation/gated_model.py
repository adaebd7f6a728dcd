"""A frozen model whose heads have gates that are learned, and the outputs of the parts that do not depend on them.

Axes: b utterance, t frame, l token, v vocabulary, d feature.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import astuple, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from otoscope.adaptation.cross_states import CrossStates
from otoscope.adaptation.encoder_outputs import EncoderOutputs, encode_material
from otoscope.adaptation.material import Material
from otoscope.decoders.ctc import has_ctc_head, read_letters
from otoscope.decoders.teacher_forcing import text_tokens
from otoscope.decoders.transcriber import Transcriber, load_tokenizer
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import Normalizer, text_normalizer, word_errors
from otoscope.errors import InputError
from otoscope.refinement.gates import GatedPart, GateSite, GateValues, gate_sites, gated, has_decoder
from otoscope.refinement.source_model import SourceModel
from otoscope.typing import Floats


@dataclass(frozen=True)
class OriginalOutputs:
    """What the original gives for utterances, by material and index: computed once, for all models that start from it.

    Attributes:
        texts: its transcripts.
        log_probabilities: those of the tokens or letters of its own transcripts.
    """

    texts: dict[tuple[str, int], str] = field(default_factory=dict)
    log_probabilities: dict[tuple[str, int], Tensor] = field(default_factory=dict)


@dataclass
class GatedModel:
    """A model with gates that are learned; the search alone changes `offsets`.

    Attributes:
        source: the model, frozen.
        tokenizer: its tokenizer, or None.
        sites: the layers of attention whose heads are gated.
        offsets: for each site `[2, H]`: scale less 1, and minus the logarithm of the temperature.
        outputs: outputs of the frozen encoder on disk; None: in memory only.
        shipped: settings of generation of the original.
        original: what the original gives.
    """

    source: SourceModel
    tokenizer: Any
    sites: Sequence[GateSite]
    offsets: dict[GateSite, Tensor]
    outputs: EncoderOutputs | None = None
    shipped: Any = None
    original: OriginalOutputs = field(default_factory=OriginalOutputs)
    _encoded: dict[str, list[Tensor]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the model was loaded from."""
        return self.source.encoder.name

    @property
    def is_ctc(self) -> bool:
        """Whether letters are read from the frames of the encoder."""
        return has_ctc_head(self.source.whole)

    def check_transcribes(self) -> None:
        """Raise InputError if the model has neither a decoder nor a CTC head, or no tokenizer."""
        if not (self.is_ctc or has_decoder(self.source.whole)) or self.tokenizer is None:
            raise InputError(
                f"expected a model with a decoder or a CTC head, and a tokenizer, found {self.name} "
                f"({type(self.source.whole).__name__}); take a model that transcribes, as Whisper"
            )

    @cached_property
    def transcriber(self) -> Transcriber:
        """The model as one that transcribes.

        Raises:
            InputError: it has no decoder or no tokenizer.
        """
        self.check_transcribes()
        return Transcriber(self.name, self.source.whole, self.source.encoder.extractor, self.tokenizer)

    @cached_property
    def normalize(self) -> Normalizer:
        """The spelling in which texts are compared."""
        return text_normalizer(Transcriber(self.name, self.source.whole, None, self.tokenizer))

    @property
    def is_encoder_frozen(self) -> bool:
        """Whether no head of the encoder is gated, so that its outputs can be kept."""
        return all(site.part is not GatedPart.encoder for site in self.sites)

    @property
    def has_frozen_keys(self) -> bool:
        """Whether keys and values of cross-attention can be kept, as they stay."""
        return self.is_encoder_frozen and self.transcriber.has_fixed_window

    @cached_property
    def _cross(self) -> CrossStates:
        return CrossStates(self.transcriber)

    @property
    def parameters(self) -> list[Tensor]:
        """What is learned."""
        return list(self.offsets.values())

    @property
    def values(self) -> dict[GateSite, GateValues]:
        """The gates of all sites; gradients flow to `offsets`."""
        return {site: GateValues(1 + offset[0], (-offset[1]).exp()) for site, offset in self.offsets.items()}

    def gates(self) -> AbstractContextManager[None]:
        """Return a context in which the heads are gated."""
        return gated(self.source.whole, self.values)

    def encoded(self, material: Material) -> list[Tensor]:
        """Return the frozen encoder's hidden states `[T, d]` of all utterances: computed once, and kept."""
        if material.name not in self._encoded:
            self._encoded[material.name] = encode_material(self.transcriber, material, self.outputs)
        return self._encoded[material.name]

    def forget_keys(self) -> None:
        """Free the memory of the keys and values of cross-attention, which only a search reads again."""
        self.__dict__.pop("_cross", None)

    def release(self) -> None:
        """Close the files of the encoder's outputs, before their folder is removed."""
        self._encoded.clear()

    def share_original(self, other: "GatedModel") -> None:
        """Take what another model that starts from the same original has computed of it."""
        self.original = other.original
        if self.is_encoder_frozen:
            self._encoded = other._encoded

    def states(self, material: Material, indices: Sequence[int]) -> list[Tensor]:
        """Return hidden states `[T, d]` of the encoder, with gradients if it is gated."""
        if self.is_encoder_frozen:
            encoded = self.encoded(material)
            return [encoded[index] for index in indices]
        transcriber = self.transcriber
        groups = [list(indices)] if transcriber.has_fixed_window else [[index] for index in indices]
        encoder = self.source.whole.get_encoder()
        return [
            hidden
            for group in groups
            for hidden in encoder(**transcriber.inputs([material.waves[i] for i in group])).last_hidden_state
        ]

    def token_log_probabilities(
        self, material: Material, indices: Sequence[int], sequences: Sequence[Sequence[int]]
    ) -> list[Tensor]:
        """Return log-probabilities `[L - 1, V]` of the tokens after the first of each sequence, teacher forced."""
        if not self.transcriber.has_fixed_window and len(indices) > 1:
            pairs = zip(indices, sequences, strict=True)
            return [self.token_log_probabilities(material, [index], [each])[0] for index, each in pairs]
        length = max(map(len, sequences)) - 1
        ids = torch.full((len(sequences), length), self.transcriber.end)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
        states = self.states(material, indices)
        cache = self._cross.cache(material.name, indices, states) if self.has_frozen_keys else None
        output = self.source.whole(
            encoder_outputs=BaseModelOutput(last_hidden_state=torch.stack(states)),
            decoder_input_ids=ids,
            past_key_values=cache,
            use_cache=cache is not None,
        )
        rows = output.logits.log_softmax(-1).unbind()  # a row by its index would have gradients of the size of all rows
        return [row[: len(sequence) - 1] for row, sequence in zip(rows, sequences, strict=True)]

    def last_hidden(self, material: Material, index: int) -> Tensor:
        """Return the last hidden states `[T, d]` of the encoder, run anew; gradients flow to the gates in force."""
        encoder: Any = self.source.encoder
        hidden: Tensor = encoder.model(**encoder.inputs([material.waves[index]])).last_hidden_state[0]
        return hidden

    def letter_log_probabilities(self, material: Material, index: int) -> Tensor:
        """Return log-probabilities `[T, V]` of the letters and the blank in each frame, by the CTC head."""
        logits: Tensor = self.source.whole(**self.source.encoder.inputs([material.waves[index]])).logits[0]
        return logits.log_softmax(-1)

    @property
    def blank(self) -> int:
        """The blank of the CTC head."""
        return int(self.source.whole.config.pad_token_id)

    def transcripts(self, material: Material, indices: Sequence[int], *, original: bool = False) -> list[str]:
        """Return what the model transcribes, greedily, with its gates or as it was."""
        if not original:
            return self._transcribe(material, indices, original=False)
        texts = self.original.texts
        missing = [index for index in indices if (material.name, index) not in texts]
        for index, text in zip(missing, self._transcribe(material, missing, original=True), strict=True):
            texts[material.name, index] = text
        return [texts[material.name, index] for index in indices]

    def _transcribe(self, material: Material, indices: Sequence[int], *, original: bool) -> list[str]:
        if not len(indices):
            return []
        if self.is_ctc:
            return self._letters(material, indices, original=original)
        whole, own = self.source.whole, self.source.whole.generation_config
        whole.generation_config = self.shipped if original else own
        try:
            with torch.no_grad(), nullcontext() if original else self.gates():
                waves = [material.waves[index] for index in indices]
                return transcribe_waves(self.transcriber, waves, self.states(material, indices))
        finally:
            whole.generation_config = own

    def _letters(self, material: Material, indices: Sequence[int], *, original: bool) -> list[str]:
        with torch.no_grad(), nullcontext() if original else self.gates():
            return [read_letters(self.tokenizer, self.letter_log_probabilities(material, index)) for index in indices]

    def count_word_errors(self, references: Sequence[str], texts: Sequence[str]) -> Floats:
        """Return errors, words, deletions and insertions of each utterance, `[utterance, 4]`."""
        pairs = [word_errors(self.normalize, *each) for each in zip(references, texts, strict=True)]
        return np.array([astuple(pair) for pair in pairs], float).reshape(-1, 4)

    def sequence(self, text: str, *, with_times: bool = False) -> tuple[int, ...]:
        """Return prompt, tokens of a text if it has any, and end token, as many as the decoder has positions for.

        Args:
            text: the text.
            with_times: whether the model is asked for times too, as in long form: the time 0 replaces the token that
                asks for none, if there is one.
        """
        positions = self.transcriber.max_tokens
        tokens = text_tokens(self.transcriber, text)[: positions and positions + 1]  # the last one is not read
        no_times = getattr(self.source.whole.generation_config, "no_timestamps_token_id", None)
        if not with_times or no_times is None:
            return tokens
        return tuple(no_times + 1 if token == no_times else token for token in tokens)


def make_gated_model(source: SourceModel, gated_part: str) -> GatedModel:
    """Return a model with gates of 1.

    Args:
        source: the model; its weights are frozen.
        gated_part: decoder, encoder, all, or auto for the decoder where there is one.

    Raises:
        InputError: the model has no such heads.
    """
    whole, encoder = source.whole, source.encoder
    whole.requires_grad_(False)
    whole.set_attn_implementation("sdpa" if whole._supports_sdpa else "eager")
    every = gate_sites(whole, encoder.model, source.parts, encoder.name)
    if gated_part == "auto":
        gated_part = "decoder" if any(site.part is not GatedPart.encoder for site in every) else "encoder"
    sites = [
        site for site in every if gated_part == "all" or (site.part is GatedPart.encoder) == (gated_part == "encoder")
    ]
    if not sites:
        raise InputError(f"{encoder.name} has no {gated_part} whose heads can be gated; choose another --gated")
    offsets = {site: torch.zeros(2, site.heads, requires_grad=True) for site in sites}
    shipped = deepcopy(getattr(whole, "generation_config", None))
    return GatedModel(source, load_tokenizer(source.origin), sites, offsets, shipped=shipped)


def allow_empty_text(whole: Any) -> None:
    """Let a text be empty: a model may begin with the end token, and decodes as it is judged, greedily.

    The pipeline of transformers takes five beams where the settings name no number. The score of a beam is a mean over
    tokens, by which a long text that repeats itself is better than the end token alone.
    """
    if (config := getattr(whole, "generation_config", None)) is None:
        return
    ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    if getattr(config, "begin_suppress_tokens", None):
        remaining = [token for token in config.begin_suppress_tokens if token not in ends]
        config.begin_suppress_tokens = remaining or None
    config.num_beams = 1
