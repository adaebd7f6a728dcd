"""Shape and preprocessing of a Mockingjay model."""

from transformers import PreTrainedConfig


class MockingjayConfig(PreTrainedConfig):
    """Configuration of `MockingjayModel` (Liu et al., *Mockingjay*, ICASSP 2020).

    Args:
        num_mel_bins: log-mel bands of one 10 ms input frame.
        downsample_rate: consecutive input frames stacked into one model frame (the paper's `R_factor`); a
            remainder is dropped.
        target_size: bands of one 10 ms frame that the prediction head reconstructs.
        share_layer: one layer's weights are used by all (AudioALBERT).
        hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, ...: as in BERT.

    Examples:
        >>> MockingjayConfig().frame_period
        0.03
    """

    model_type = "mockingjay"

    num_mel_bins: int = 80
    downsample_rate: int = 3
    target_size: int = 80
    share_layer: bool = False
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    layer_norm_eps: float = 1e-12
    initializer_range: float = 0.02
    is_decoder: bool = False
    add_cross_attention: bool = False

    @property
    def frame_period(self) -> float:
        """Seconds from one model frame to the next."""
        return self.downsample_rate / 100


class TeraConfig(MockingjayConfig):
    """The same model, trained to undo other alterations of its input (Liu et al., *TERA*, 2021).

    Examples:
        >>> TeraConfig().frame_period
        0.01
    """

    model_type = "tera"

    downsample_rate: int = 1


class AudioAlbertConfig(MockingjayConfig):
    """The same model with one layer that is run again and again (Chi et al., *Audio ALBERT*, 2021).

    Examples:
        >>> AudioAlbertConfig().share_layer
        True
    """

    model_type = "audioalbert"

    downsample_rate: int = 1
    share_layer: bool = True
