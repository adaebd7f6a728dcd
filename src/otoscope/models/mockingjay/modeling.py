"""Mockingjay on the Hugging Face BERT encoder: log-mel frames to hidden states and back to frames."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.activations import ACT2FN
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.bert.modeling_bert import BertEncoder, BertLayer, BertSelfAttention
from transformers.utils import ModelOutput
from transformers.utils.generic import merge_with_config_defaults
from transformers.utils.output_capturing import capture_outputs

from .configuration import AudioAlbertConfig, MockingjayConfig, TeraConfig


def stack_frames(frames: Tensor, rate: int) -> Tensor:
    """Stack `[batch, frames, bands]` to `[batch, frames // rate, rate * bands]`; the remainder is dropped.

    Examples:
        >>> stack_frames(torch.arange(5.0).reshape(1, 5, 1), 2).tolist()
        [[[0.0, 1.0], [2.0, 3.0]]]
    """
    batch, length, bands = frames.shape
    return frames[:, : length // rate * rate].reshape(batch, length // rate, rate * bands)


def sinusoids(position: Tensor, size: int) -> Tensor:
    """Code `[..., size]` of `position [...]`: sine in even, cosine in odd columns (Vaswani et al. 2017)."""
    column = torch.arange(size, device=position.device)
    angle = position.float()[..., None] / 10000 ** (2 * (column // 2) / size)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())


class MockingjayInput(nn.Module):
    """`Dropout(LayerNorm(Linear(stacked frames) + sinusoids))`."""

    def __init__(self, config: MockingjayConfig) -> None:
        """See the class."""
        super().__init__()
        self.projection = nn.Linear(config.num_mel_bins * config.downsample_rate, config.hidden_size)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, stacked: Tensor, first_position: Tensor | None = None) -> Tensor:
        """Project `[batch, frames, rate * bands]` to `[batch, frames, hidden]`.

        Positions count from `first_position [batch]`, or from 0.
        """
        projected = self.projection(stacked)
        position = torch.arange(projected.shape[1], device=projected.device)
        if first_position is not None:
            position = position + first_position[:, None]
        return self.dropout(self.layer_norm(projected + sinusoids(position, projected.shape[2]).to(projected.dtype)))


class MockingjayPreTrainedModel(PreTrainedModel):
    """What all Mockingjay models share: configuration, initialisation, attention backends."""

    config_class = MockingjayConfig
    base_model_prefix = "mockingjay"
    main_input_name = "input_features"
    input_modalities = ("audio",)
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _no_split_modules = ("BertLayer",)
    _can_record_outputs = {"hidden_states": BertLayer, "attentions": BertSelfAttention}  # noqa: RUF012


class MockingjayEncoder(BertEncoder):
    """BERT's layers, or the first of them run as often as there are layers."""

    def __init__(self, config: MockingjayConfig) -> None:
        """See the class."""
        super().__init__(config)
        if config.share_layer:
            del self.layer[1:]

    def forward(self, hidden: Tensor, attention_mask: Tensor | None = None, **kwargs: object) -> Tensor:
        """Run `[batch, frames, hidden]` through all layers."""
        for i in range(self.config.num_hidden_layers):
            hidden = self.layer[i % len(self.layer)](hidden, attention_mask, **kwargs)
        return hidden


class MockingjayModel(MockingjayPreTrainedModel):
    """The encoder.

    Examples:
        >>> config = MockingjayConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48)
        >>> MockingjayModel(config)(torch.zeros(1, 100, 80)).last_hidden_state.shape
        torch.Size([1, 33, 24])
    """

    _keys_to_ignore_on_load_unexpected = (r"^head\.",)  # the prediction head of pre-trained checkpoints

    def __init__(self, config: MockingjayConfig) -> None:
        """See the class."""
        super().__init__(config)
        self.input = MockingjayInput(config)
        self.encoder = MockingjayEncoder(config)
        self.post_init()

    @merge_with_config_defaults  # type: ignore[untyped-decorator]
    @capture_outputs  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_features: Tensor,
        attention_mask: Tensor | None = None,
        first_position: Tensor | None = None,
        **kwargs: object,
    ) -> BaseModelOutput:
        """Encode `input_features [batch, frames, bands]`; `attention_mask [batch, frames]` is 1 on real frames.

        A model frame is real when all frames stacked into it are. `first_position [batch]` shifts the position code.
        """
        rate = self.config.downsample_rate
        if attention_mask is not None:
            attention_mask = stack_frames(attention_mask[:, :, None], rate).amin(-1)
        hidden = self.input(stack_frames(input_features, rate), first_position)
        mask = create_bidirectional_mask(config=self.config, inputs_embeds=hidden, attention_mask=attention_mask)
        return BaseModelOutput(last_hidden_state=self.encoder(hidden, mask, **kwargs))


class MockingjayPredictionHead(nn.Module):
    """Predicts input frames from hidden states: Linear, GELU, LayerNorm, Linear."""

    def __init__(self, config: MockingjayConfig) -> None:
        """See the class."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = ACT2FN[config.hidden_act]
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.output = nn.Linear(config.hidden_size, config.target_size * config.downsample_rate)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map `[batch, frames, hidden]` to `[batch, frames, rate * target bands]`."""
        return self.output(self.layer_norm(self.activation(self.dense(hidden))))


@dataclass
class MockingjayReconstruction(ModelOutput):
    """`loss`: mean L1 over masked frames (None without `labels`); `prediction [batch, frames, rate * target bands]`."""

    loss: Tensor | None = None
    prediction: Tensor | None = None
    last_hidden_state: Tensor | None = None


class MockingjayForPreTraining(MockingjayPreTrainedModel):
    """The encoder and its prediction head, trained to reconstruct masked frames.

    Examples:
        >>> config = MockingjayConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48)
        >>> MockingjayForPreTraining(config)(torch.zeros(1, 100, 80)).prediction.shape
        torch.Size([1, 33, 240])
    """

    def __init__(self, config: MockingjayConfig) -> None:
        """See the class."""
        super().__init__(config)
        self.mockingjay = MockingjayModel(config)
        self.head = MockingjayPredictionHead(config)
        self.post_init()

    def forward(
        self,
        input_features: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        masked: Tensor | None = None,
        first_position: Tensor | None = None,
        **kwargs: object,
    ) -> MockingjayReconstruction:
        """Reconstruct `labels [batch, frames, target bands]` where `masked [batch, frames // rate]` is true."""
        hidden = self.mockingjay(input_features, attention_mask, first_position).last_hidden_state
        prediction = self.head(hidden)
        loss = None if labels is None or masked is None else self.masked_l1(prediction, labels, masked)
        return MockingjayReconstruction(loss=loss, prediction=prediction, last_hidden_state=hidden)

    def masked_l1(self, prediction: Tensor, labels: Tensor, masked: Tensor) -> Tensor:
        """Mean absolute error over the masked frames (0 where nothing is masked)."""
        error = (prediction.float() - stack_frames(labels, self.config.downsample_rate)).abs().mean(-1)
        return (error * masked).sum() / masked.sum().clamp(min=1)


class TeraModel(MockingjayModel):
    """The encoder of TERA."""

    config_class = TeraConfig


class TeraForPreTraining(MockingjayForPreTraining):
    """TERA's encoder and its prediction head."""

    config_class = TeraConfig


class AudioAlbertModel(MockingjayModel):
    """The encoder of AudioALBERT."""

    config_class = AudioAlbertConfig


class AudioAlbertForPreTraining(MockingjayForPreTraining):
    """AudioALBERT's encoder and its prediction head."""

    config_class = AudioAlbertConfig
