"""Where each family keeps the projections of a head: one row each. Knows no torch."""

from dataclasses import dataclass, replace

from otoscope.errors import InputError
from otoscope.models.families import REFINED_PREFIX


@dataclass(frozen=True)
class EncoderLayout:
    """Describe one model type: its classes, and the names of what belongs to a head within one attention block.

    Attributes:
        model_type: of the configuration.
        encoder: class of the encoder, which may be a part of a larger model.
        block: class of the attention block.
        stack: part of the encoder that holds its layers; empty for all of it.
        inputs: its projections to queries, keys and values.
        output: its projection from the heads' contexts.
        core: the part of the block that calls the attention function; empty where the block itself does.
        count: the core's number of heads.
        width: the core's number of features of all heads, where it uses it; empty where not.
        size: the core's number of features of a head; empty where it cannot change.
        feed_forward: both linear maps of the feed-forward part, within a layer; empty where a layer has several parts.
        heads_setting: number of heads in the configuration.
        has_span: whether its attention can be limited to a span.
        is_in_base: whether the model that `AutoModel` makes holds it; SpeechT5 adds the part that reads speech later.
    """

    model_type: str
    encoder: str
    block: str
    stack: str = ""
    inputs: tuple[str, str, str] = ("q_proj", "k_proj", "v_proj")
    output: str = "out_proj"
    core: str = ""
    count: str = "num_heads"
    width: str = ""
    size: str = "head_dim"
    feed_forward: tuple[str, str] | tuple[()] = ("feed_forward.intermediate_dense", "feed_forward.output_dense")
    heads_setting: str = "num_attention_heads"
    has_span: bool = True
    is_in_base: bool = True


_PORTED = EncoderLayout(
    "mockingjay",
    "MockingjayModel",
    "BertAttention",
    inputs=("self.query", "self.key", "self.value"),
    output="output.dense",
    core="self",
    count="num_attention_heads",
    size="attention_head_size",
    feed_forward=("intermediate.dense", "output.dense"),
)
LAYOUTS = {
    parts.model_type: parts
    for parts in (
        _PORTED,
        replace(_PORTED, model_type="tera"),
        EncoderLayout("wav2vec2", "Wav2Vec2Model", "Wav2Vec2Attention"),
        EncoderLayout("hubert", "HubertModel", "HubertAttention"),
        EncoderLayout("data2vec-audio", "Data2VecAudioModel", "Data2VecAudioAttention"),
        EncoderLayout("unispeech-sat", "UniSpeechSatModel", "UniSpeechSatAttention"),
        EncoderLayout(
            "whisper",
            "WhisperEncoder",
            "WhisperAttention",
            feed_forward=("fc1", "fc2"),
            heads_setting="encoder_attention_heads",
        ),
        EncoderLayout(
            "speecht5",
            "SpeechT5EncoderWithSpeechPrenet",
            "SpeechT5Attention",
            width="embed_dim",
            size="",
            heads_setting="encoder_attention_heads",
            has_span=False,
            is_in_base=False,
        ),
        EncoderLayout(
            "seamless_m4t_v2",
            "SeamlessM4Tv2SpeechEncoder",
            "SeamlessM4Tv2ConformerSelfAttention",
            stack="encoder",
            inputs=("linear_q", "linear_k", "linear_v"),
            output="linear_out",
            size="",
            feed_forward=(),
            heads_setting="speech_encoder_attention_heads",
            has_span=False,
        ),
        EncoderLayout(
            "audio-spectrogram-transformer",
            "ASTModel",
            "ASTAttention",
            output="o_proj",
            count="num_attention_heads",
            feed_forward=("mlp.fc1", "mlp.fc2"),
        ),
    )
}

DECODER_ATTENTION = EncoderLayout("", "", "", width="embed_dim")
"""Names within one attention block of a decoder, the same in every family whose decoder heads can be removed."""
SHARED = "its layers share their weights, so that heads cannot go from one of them alone"
_REASONS = {"wavlm": "its gate of positions reads the hidden state head by head", "audioalbert": SHARED}


def parts_of(model_type: str, name: str) -> EncoderLayout:
    """The row of a model type, refined or not.

    Raises:
        InputError: the family cannot be refined; `name` is the model's.

    Examples:
        >>> parts_of("refined-hubert", "mine").block
        'HubertAttention'
    """
    family = model_type.removeprefix(REFINED_PREFIX)
    if reason := refusal(family):
        raise InputError(f"{name} is a '{family}' model, which cannot be refined ({reason}); {', '.join(LAYOUTS)} can")
    return LAYOUTS[family]


def refusal(family: str) -> str:
    """Return why models of a family cannot be refined, or an empty text if they can.

    Examples:
        >>> refusal("hubert"), refusal("sew")
        ('', 'where its projections lie is not known')
    """
    return "" if family in LAYOUTS else _REASONS.get(family, "where its projections lie is not known")
