"""What makes inputs of audio and text for a model, and texts of its outputs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoProcessor, ProcessorMixin

from otoscope.decoders.transcriber import load_tokenizer
from otoscope.models.load import silence_transformers
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
    return Processor(source.encoder.extractor, load_tokenizer(source.origin), _read_joint(source.origin))


def _read_joint(name: str) -> Any:
    """Return the processor of a model, or None where it has none that joins extractor and tokenizer."""
    with silence_transformers():
        try:
            joint = AutoProcessor.from_pretrained(name)
        except Exception:  # a missing file, or a library that the tokenizer needs; each fails in its own way
            return None
    return joint if isinstance(joint, ProcessorMixin) else None
