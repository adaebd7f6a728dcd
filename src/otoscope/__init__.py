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
    from otoscope.models.convert import convert
    from otoscope.models.encoder import Encoder
    from otoscope.models.load import load
    from otoscope.models.survey import survey
    from otoscope.models.value_zeroing import value_zeroing
    from otoscope.models.wrap import wrap
    from otoscope.phones import score_boundaries
    from otoscope.pretraining.train import pretrain
    from otoscope.probing.probe import probe
    from otoscope.refinement.bench import bench
    from otoscope.refinement.refine import refine
    from otoscope.reproduction.reproduce import reproduce
    from otoscope.results import Run, open_run
    from otoscope.segmentation.segment import segment
    from otoscope.viewer.widget import view
    from otoscope.views import rollout, similarity

__all__ = [
    "BadInput",
    "Encoder",
    "Run",
    "analyze",
    "bench",
    "convert",
    "draw",
    "load",
    "open_run",
    "pretrain",
    "probe",
    "prune",
    "rank",
    "read_corpus",
    "refine",
    "reproduce",
    "rollout",
    "score_boundaries",
    "segment",
    "similarity",
    "survey",
    "value_zeroing",
    "view",
    "wrap",
]

_HOME = {
    "Encoder": "otoscope.models.encoder",
    "Run": "otoscope.results",
    "analyze": "otoscope.engine.analyze",
    "bench": "otoscope.refinement.bench",
    "convert": "otoscope.models.convert",
    "draw": "otoscope.engine.draw",
    "load": "otoscope.models.load",
    "open_run": "otoscope.results",
    "pretrain": "otoscope.pretraining.train",
    "probe": "otoscope.probing.probe",
    "prune": "otoscope.importance.prune",
    "rank": "otoscope.importance.rank",
    "read_corpus": "otoscope.corpus",
    "refine": "otoscope.refinement.refine",
    "reproduce": "otoscope.reproduction.reproduce",
    "rollout": "otoscope.views",
    "score_boundaries": "otoscope.phones",
    "segment": "otoscope.segmentation.segment",
    "similarity": "otoscope.views",
    "survey": "otoscope.models.survey",
    "value_zeroing": "otoscope.models.value_zeroing",
    "view": "otoscope.viewer.widget",
    "wrap": "otoscope.models.wrap",
}

autoclasses.register_when_transformers_loads()


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'otoscope' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
