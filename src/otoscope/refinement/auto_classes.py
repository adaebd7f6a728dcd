"""Make the Auto classes and the pipelines of transformers load refined models.

This is the only place that uses `_model_mapping`, which is private to transformers: the table from classes of
configurations to classes of models of one Auto class. Its own `_model_mapping` holds the names by model type, by which
a pipeline recognises a class of models.
"""

from collections.abc import Iterator
from typing import Any

from transformers import AutoConfig, AutoFeatureExtractor, AutoProcessor, AutoTokenizer
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING

from otoscope.models.families import REFINED_PREFIX
from otoscope.refinement.modeling import refined_class, refined_config


def register(model_type: str) -> None:
    """Register a refined model type (`"refined-hubert"`) with every Auto class that has its family."""
    family = model_type.removeprefix(REFINED_PREFIX)
    base, config = CONFIG_MAPPING[family], refined_config(family)
    AutoConfig.register(model_type, config, exist_ok=True)
    for auto in auto_classes():
        kinds = auto._model_mapping.get(base, None)
        if kinds is None:
            continue
        kind = refined_class(family, kinds[0] if isinstance(kinds, tuple) else kinds)
        auto.register(config, kind, exist_ok=True)
        auto._model_mapping._model_mapping[model_type] = kind.__name__
    _register_inputs(base, config)


def auto_classes() -> Iterator[Any]:
    """Yield the Auto classes of transformers that have a table of models."""
    for kind in vars(modeling_auto).values():
        if isinstance(kind, type) and getattr(kind, "_model_mapping", None) is not None:
            yield kind


def _register_inputs(base: type[Any], config: type[Any]) -> None:
    """Register what makes inputs of speech and text, as the family has it."""
    if extractor := FEATURE_EXTRACTOR_MAPPING.get(base, None):
        AutoFeatureExtractor.register(config, extractor, exist_ok=True)
    if processor := PROCESSOR_MAPPING.get(base, None):
        AutoProcessor.register(config, processor, exist_ok=True)
    if tokenizer := TOKENIZER_MAPPING.get(base, None):
        AutoTokenizer.register(config, tokenizer_class=tokenizer, exist_ok=True)
