"""What makes inputs of audio and text for a model, and texts of its outputs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoProcessor, AutoTokenizer, ProcessorMixin

from otoscope.models.load import silence_transformers
from otoscope.models.model_settings import model_source
from otoscope.refinement.source_model import SourceModel


@dataclass(frozen=True)
class Processor:
    """Feature extractor of a model; its tokenizer and what joins both, where the model has them."""

    extractor: Any
    tokenizer: Any = None
    joint: Any = None

    def save(self, folder: Path) -> None:
        """Save them in a folder, as the Auto classes read them."""
        for part in (self.joint, self.tokenizer, self.extractor):
            if part is not None:
                part.save_pretrained(folder)


def read_processor(source: SourceModel) -> Processor:
    """Return the processor of the folder or hub name that a model was loaded from."""
    encoder = source.encoder
    name = encoder.adapter.base if encoder.adapter else source.whole.config.name_or_path or encoder.name
    joint = _read(AutoProcessor, model_source(name))
    return Processor(
        encoder.extractor,
        tokenizer=_read(AutoTokenizer, model_source(name)),
        joint=joint if isinstance(joint, ProcessorMixin) else None,
    )


def _read(auto: Any, name: str) -> Any:
    """Return what an Auto class reads, or None where the model has nothing of the kind."""
    with silence_transformers():
        try:
            return auto.from_pretrained(name)
        except Exception:  # a missing file, or a library that the tokenizer needs; each fails in its own way
            return None
