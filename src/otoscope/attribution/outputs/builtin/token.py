"""Which token the decoder of the model writes, given the tokens before it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.attribution.scored_output import ChooseOutputs, OutputRequest, ScoredOutput, UtteranceOutputs, draw
from otoscope.decoders.capture import DecoderText, capture_decoder, decoder_text
from otoscope.decoders.transcriber import AudioStates, Transcriber, load_transcriber
from otoscope.decoders.transcription import check_generation, transcribe_waves
from otoscope.models.encoder import Encoder
from otoscope.typing import Floats, Ints


@dataclass(frozen=True, eq=False)
class TokenOutputs:
    """A model that transcribes."""

    request: OutputRequest
    transcriber: Transcriber

    def choose(self, index: int, count: int, rng: np.random.Generator) -> UtteranceOutputs | None:
        """Return some tokens of the text that the model itself writes; None if it writes nothing."""
        wave = self.request.speech.waves[index]
        (written,) = transcribe_waves(self.transcriber, [wave])
        tokens = self.transcriber.tokenizer(f" {written}", add_special_tokens=False).input_ids if written else []
        if not tokens:
            return None
        text = decoder_text(self.transcriber, tokens)
        row_n = draw(np.arange(len(tokens)), count, rng) + len(text.prompt) - 1
        frames = self.request.encoder.num_frames(wave)
        return UtteranceOutputs(
            lambda hidden: self._scores(hidden, text, row_n), self._reads(wave, text, row_n, frames)
        )

    def _scores(self, hidden_btd: Tensor, text: DecoderText, row_n: Ints) -> Tensor:
        """Return the log-probabilities `[B, n]` of the tokens that some rows predict."""
        weights, ids = next(self.transcriber.model.parameters()), torch.tensor(text.ids)
        hidden = hidden_btd.to(weights.device, weights.dtype)
        output = self.transcriber.model(
            encoder_outputs=AudioStates(last_hidden_state=hidden),
            decoder_input_ids=ids[:-1].to(weights.device).expand(len(hidden), -1),
            use_cache=False,
        )
        scores: Tensor = output.logits[:, row_n].float().log_softmax(-1)[:, torch.arange(len(row_n)), ids[row_n + 1]]
        return scores.cpu()

    def _reads(self, wave: np.ndarray, text: DecoderText, row_n: Ints, frames: int) -> Floats:
        """Return the mean over heads of the cross-attention of some rows, `[n, T]`; rows sum to one."""
        (maps,) = capture_decoder(self.transcriber, [wave], [text])
        mean_nk = np.mean([cross_qk[row_n] for cross_qk in maps.cross.values()], axis=0, dtype=np.float64)
        reads_nt = np.pad(mean_nk, [(0, 0), (0, frames)])[:, :frames]
        return reads_nt / reads_nt.sum(-1, keepdims=True)


def _transcriber(encoder: Encoder) -> Transcriber:
    """Return the whole model of an encoder.

    Raises:
        InputError: it has no decoder or no tokenizer.
    """
    transcriber = load_transcriber(encoder.name, device=str(encoder.device))
    check_generation(transcriber)
    return transcriber


def make(request: OutputRequest) -> ChooseOutputs:
    """Load the decoder, and return what draws tokens."""
    return TokenOutputs(request, _transcriber(request.encoder)).choose


OUTPUT = ScoredOutput(
    name="token",
    doc="Log-probability of a token that the decoder writes, given the tokens before it.",
    unit="probability",
    is_log=True,
    make=make,
    check_model=_transcriber,
)
