"""A tiny random Whisper with a tokenizer, as a folder."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Split

from otoscope.models.tiny_models import DECODER, TOKENS, WHISPER, randomize_weights

LETTERS = " abcdefghijklmnopqrstuvwxyz'"
GAINS = {"conv1": 8, "conv2": 8, "v_proj": 8}
"""Factors of weights."""


def save_transcriber(folder: Path, seconds: int = 20, layers: int = 1) -> Path:
    """Save a tiny random Whisper, of audio of so many seconds and decoder layers, with a tokenizer of letters."""
    torch.manual_seed(0)
    sizes = (
        WHISPER | DECODER | TOKENS | {"vocab_size": 64, "max_source_positions": 50 * seconds, "decoder_layers": layers}
    )
    model = randomize_weights(transformers.WhisperForConditionalGeneration(transformers.WhisperConfig(**sizes)))
    vocabulary = {letter: index + 3 for index, letter in enumerate(LETTERS)} | {"<pad>": 0, "<s>": 1, "</s>": 2}
    tokenizer = Tokenizer(BPE(vocabulary, [], unk_token="<pad>"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    for name, weights in model.named_parameters():
        weights.data *= GAINS.get(name.split(".")[-2], 1)  # so that the text depends on what is attended to
    model.get_decoder().layer_norm.bias.data.zero_()
    model.generation_config.suppress_tokens = [0, 1, 3, *range(3 + len(LETTERS), 64)]
    model.generation_config.begin_suppress_tokens = [2]
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=seconds).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return folder
