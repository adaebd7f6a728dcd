"""Encoders within fine-tuned and larger models have exactly the weights of the encoder alone, in every family."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from otoscope.models.load import find_encoder, load, silence_transformers

TEXT = {
    "model_type": "qwen2",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 16,
    "vocab_size": 40,
}
WHOLE = [
    ("wav2vec2-group", "Wav2Vec2ForPreTraining"),
    ("hubert-layer", "HubertForCTC"),
    ("wavlm-layer", "WavLMForAudioFrameClassification"),
    ("data2vec-audio", "Data2VecAudioForXVector"),
    ("sew", "SEWForCTC"),
    ("sew-d", "SEWDForSequenceClassification"),
    ("unispeech", "UniSpeechForPreTraining"),
    ("unispeech-sat", "UniSpeechSatForXVector"),
    ("wav2vec2-bert", "Wav2Vec2BertForSequenceClassification"),
    ("wav2vec2-conformer-rotary", "Wav2Vec2ConformerForPreTraining"),
    ("whisper", "WhisperForAudioClassification"),
    ("audio-spectrogram-transformer", "ASTForAudioClassification"),
    ("moonshine", "MoonshineForConditionalGeneration"),
    ("speecht5", "SpeechT5ForSpeechToSpeech"),
    ("seamless_m4t_v2", "SeamlessM4Tv2Model"),
    ("parakeet_encoder", "ParakeetForCTC"),
    ("qwen2_audio_encoder", "Qwen2AudioForConditionalGeneration"),
]


def configuration(whole: Any, encoder: Any) -> Any:
    """The configuration of a whole model around that of its encoder."""
    if isinstance(encoder, whole.config_class):
        return encoder
    if whole is transformers.Qwen2AudioForConditionalGeneration:
        return whole.config_class(audio_config=encoder.to_dict(), text_config=TEXT, audio_token_index=3)
    return whole.config_class(encoder_config=encoder.to_dict())


@pytest.mark.parametrize(("family", "name"), WHOLE)
def test_an_encoder_in_a_larger_model_has_the_weights_of_the_encoder_alone(folders, tmp_path: Path, family, name):
    encoder, whole = load(folders[family], device="cpu"), getattr(transformers, name)
    expected = encoder.model.state_dict()
    with silence_transformers():
        model = whole(configuration(whole, transformers.AutoConfig.from_pretrained(folders[family])))
        find_encoder(model, encoder.family.encoder, name).load_state_dict(expected)
        model.save_pretrained(tmp_path)
    encoder.extractor.save_pretrained(tmp_path)
    loaded = load(tmp_path, device="cpu")
    read = loaded.model.state_dict()
    assert loaded.family is encoder.family
    assert read.keys() == expected.keys()
    assert all(torch.equal(read[key], expected[key]) for key in expected)
