"""otoscope: show, measure, rank and refine the self-attention of speech models.

Names are loaded when they are first used, so that `import otoscope` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from otoscope import autoclasses
from otoscope.errors import BadInput

if TYPE_CHECKING:
    from otoscope.corpus import read_corpus
    from otoscope.engine.analyze import analyze
    from otoscope.engine.draw import draw
    from otoscope.importance.prune import prune
    from otoscope.importance.rank import rank
    from otoscope.models.encoder import Encoder
    from otoscope.models.load import load
    from otoscope.phones import score_boundaries
    from otoscope.pretraining.train import pretrain
    from otoscope.probing.probe import probe
    from otoscope.results import Run, open_run
    from otoscope.segmentation.segment import segment

__all__ = [
    "BadInput",
    "Encoder",
    "Run",
    "analyze",
    "draw",
    "load",
    "open_run",
    "pretrain",
    "probe",
    "prune",
    "rank",
    "read_corpus",
    "score_boundaries",
    "segment",
]

_HOME = {
    "Encoder": "otoscope.models.encoder",
    "Run": "otoscope.results",
    "analyze": "otoscope.engine.analyze",
    "draw": "otoscope.engine.draw",
    "load": "otoscope.models.load",
    "open_run": "otoscope.results",
    "pretrain": "otoscope.pretraining.train",
    "probe": "otoscope.probing.probe",
    "prune": "otoscope.importance.prune",
    "rank": "otoscope.importance.rank",
    "read_corpus": "otoscope.corpus",
    "score_boundaries": "otoscope.phones",
    "segment": "otoscope.segmentation.segment",
}

autoclasses.register_when_transformers_loads()


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'otoscope' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
