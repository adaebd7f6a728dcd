"""A tiny random model with a CTC head and a tokenizer of letters, as a folder."""

import json
from pathlib import Path

import torch
import transformers

from otoscope.models.tiny_models import CONVOLUTIONS, SHAPE, randomize_weights

LETTERS = ["<pad>", "|", *"abcdefghijklmnopqrst"]


def save_letter_model(folder: Path) -> Path:
    """Save a tiny random Wav2Vec2 with a CTC head."""
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(**SHAPE, **CONVOLUTIONS, vocab_size=len(LETTERS), pad_token_id=0)
    randomize_weights(transformers.Wav2Vec2ForCTC(config)).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({letter: at for at, letter in enumerate(LETTERS)}), encoding="utf-8")
    transformers.Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), unk_token="<pad>").save_pretrained(folder)
    return folder
