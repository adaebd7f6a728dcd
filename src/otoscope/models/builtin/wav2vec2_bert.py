"""wav2vec2-BERT (Barrault et al. 2023): pairs of filter-bank frames, a bias by clipped distance."""

from otoscope.models.families import Family
from otoscope.models.front_ends import FilterBankPairs
from otoscope.models.tiny_models import CONFORMER, FILTER_BANK, SHAPE, TinyModel


def _tiny_model() -> TinyModel:
    import transformers

    config = transformers.Wav2Vec2BertConfig(**SHAPE | FILTER_BANK | CONFORMER)
    return transformers.Wav2Vec2BertModel(config), transformers.SeamlessM4TFeatureExtractor()


FAMILY = Family(
    "wav2vec2-bert",
    "Wav2Vec2BertModel",
    FilterBankPairs(),
    adapter="adapter",
    tiny_model=_tiny_model,
)
