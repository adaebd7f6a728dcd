"""otoscope: show, measure, rank and refine the self-attention of speech models.

Names are loaded when they are first used, so that `import otoscope` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from otoscope import hf_registration
from otoscope._io.home import provide_home
from otoscope._io.idle_threads import shorten_waiting
from otoscope.errors import InputError

if TYPE_CHECKING:
    from otoscope.alignment.align import align
    from otoscope.alignment.aligner import load_aligner
    from otoscope.alignment.options import GenerationOptions, WordOptions
    from otoscope.alignment.write_words import words
    from otoscope.analysis.analyze import analyze
    from otoscope.analysis.corpus_check import check_corpus
    from otoscope.analysis.corpus_report import CorpusReport
    from otoscope.analysis.decoder_options import DecoderOptions
    from otoscope.analysis.decoder_run import analyze_decoder
    from otoscope.analysis.merge import merge
    from otoscope.attention_sinks.options import SinkOptions
    from otoscope.attention_sinks.sinks import sinks
    from otoscope.attribution.faithfulness import faithfulness
    from otoscope.attribution.options import FaithfulnessOptions
    from otoscope.comparison.compare import compare
    from otoscope.comparison.options import ComparisonOptions
    from otoscope.comparison.table import Comparison
    from otoscope.corpus import read_corpus
    from otoscope.decoders.audio_tokens import capture_audio_tokens
    from otoscope.figures import RenderOptions
    from otoscope.figures.run_figures import draw, figure
    from otoscope.head_weights.options import WeightOptions
    from otoscope.head_weights.weights import weights
    from otoscope.hf_registration import register
    from otoscope.importance.options import RankingOptions
    from otoscope.importance.rank import rank
    from otoscope.maps import rollout, similarity
    from otoscope.maps.value_zeroing import value_zeroing
    from otoscope.models.capabilities import supported_families
    from otoscope.models.checkpoints.convert import convert
    from otoscope.models.encoder import Encoder
    from otoscope.models.load import load
    from otoscope.models.wrap import ModuleOptions, wrap
    from otoscope.papers.yang2020.options import ReproductionOptions
    from otoscope.papers.yang2020.reproduce import reproduce
    from otoscope.patching.options import PatchOptions
    from otoscope.patching.patch import patch
    from otoscope.pretraining.pretrain import pretrain
    from otoscope.probing.options import ProbingOptions
    from otoscope.probing.probe import probe
    from otoscope.pruning.options import ScheduleOptions
    from otoscope.pruning.prune import prune
    from otoscope.refinement.bench import bench
    from otoscope.refinement.bench_options import BenchOptions
    from otoscope.refinement.options import RefinementOptions
    from otoscope.refinement.refine import refine
    from otoscope.representations.layers import layers
    from otoscope.representations.options import LayerOptions
    from otoscope.results import Run, open_run
    from otoscope.results.status import RunStatus, run_status
    from otoscope.runs.options import CorpusOptions, ExecutionOptions, SelectionOptions, SpeechOptions
    from otoscope.segmentation.boundaries import score_boundaries
    from otoscope.segmentation.options import BoundaryOptions, SegmentationOptions
    from otoscope.segmentation.prediction import write_boundaries
    from otoscope.segmentation.segment import segment
    from otoscope.segmentation.segmenter import Segmenter, load_segmenter
    from otoscope.training_dynamics.callback import HeadStatistics
    from otoscope.training_dynamics.dynamics import dynamics
    from otoscope.viewer.widget import view

__all__ = [
    "BenchOptions",
    "BoundaryOptions",
    "Comparison",
    "ComparisonOptions",
    "CorpusOptions",
    "CorpusReport",
    "DecoderOptions",
    "Encoder",
    "ExecutionOptions",
    "FaithfulnessOptions",
    "GenerationOptions",
    "HeadStatistics",
    "InputError",
    "LayerOptions",
    "ModuleOptions",
    "PatchOptions",
    "ProbingOptions",
    "RankingOptions",
    "RefinementOptions",
    "RenderOptions",
    "ReproductionOptions",
    "Run",
    "RunStatus",
    "ScheduleOptions",
    "SegmentationOptions",
    "Segmenter",
    "SelectionOptions",
    "SinkOptions",
    "SpeechOptions",
    "WeightOptions",
    "WordOptions",
    "align",
    "analyze",
    "analyze_decoder",
    "bench",
    "capture_audio_tokens",
    "check_corpus",
    "compare",
    "convert",
    "draw",
    "dynamics",
    "faithfulness",
    "figure",
    "layers",
    "load",
    "load_aligner",
    "load_segmenter",
    "merge",
    "open_run",
    "patch",
    "pretrain",
    "probe",
    "prune",
    "rank",
    "read_corpus",
    "refine",
    "register",
    "reproduce",
    "rollout",
    "run_status",
    "score_boundaries",
    "segment",
    "similarity",
    "sinks",
    "supported_families",
    "value_zeroing",
    "view",
    "weights",
    "words",
    "wrap",
    "write_boundaries",
]

_HOME = {
    "BoundaryOptions": "otoscope.segmentation.options",
    "Comparison": "otoscope.comparison.table",
    "ComparisonOptions": "otoscope.comparison.options",
    "CorpusOptions": "otoscope.runs.options",
    "DecoderOptions": "otoscope.analysis.decoder_options",
    "CorpusReport": "otoscope.analysis.corpus_report",
    "FaithfulnessOptions": "otoscope.attribution.options",
    "GenerationOptions": "otoscope.alignment.options",
    "HeadStatistics": "otoscope.training_dynamics.callback",
    "Encoder": "otoscope.models.encoder",
    "LayerOptions": "otoscope.representations.options",
    "ExecutionOptions": "otoscope.runs.options",
    "ModuleOptions": "otoscope.models.wrap",
    "PatchOptions": "otoscope.patching.options",
    "ProbingOptions": "otoscope.probing.options",
    "RankingOptions": "otoscope.importance.options",
    "BenchOptions": "otoscope.refinement.bench_options",
    "RefinementOptions": "otoscope.refinement.options",
    "RenderOptions": "otoscope.figures",
    "ReproductionOptions": "otoscope.papers.yang2020.options",
    "Run": "otoscope.results",
    "RunStatus": "otoscope.results.status",
    "ScheduleOptions": "otoscope.pruning.options",
    "SegmentationOptions": "otoscope.segmentation.options",
    "Segmenter": "otoscope.segmentation.segmenter",
    "SelectionOptions": "otoscope.runs.options",
    "SinkOptions": "otoscope.attention_sinks.options",
    "SpeechOptions": "otoscope.runs.options",
    "WeightOptions": "otoscope.head_weights.options",
    "WordOptions": "otoscope.alignment.options",
    "align": "otoscope.alignment.align",
    "analyze": "otoscope.analysis.analyze",
    "analyze_decoder": "otoscope.analysis.decoder_run",
    "bench": "otoscope.refinement.bench",
    "capture_audio_tokens": "otoscope.decoders.audio_tokens",
    "check_corpus": "otoscope.analysis.corpus_check",
    "compare": "otoscope.comparison.compare",
    "convert": "otoscope.models.checkpoints.convert",
    "draw": "otoscope.figures.run_figures",
    "dynamics": "otoscope.training_dynamics.dynamics",
    "faithfulness": "otoscope.attribution.faithfulness",
    "figure": "otoscope.figures.run_figures",
    "layers": "otoscope.representations.layers",
    "load": "otoscope.models.load",
    "load_aligner": "otoscope.alignment.aligner",
    "load_segmenter": "otoscope.segmentation.segmenter",
    "merge": "otoscope.analysis.merge",
    "open_run": "otoscope.results",
    "patch": "otoscope.patching.patch",
    "pretrain": "otoscope.pretraining.pretrain",
    "probe": "otoscope.probing.probe",
    "prune": "otoscope.pruning.prune",
    "rank": "otoscope.importance.rank",
    "read_corpus": "otoscope.corpus",
    "refine": "otoscope.refinement.refine",
    "register": "otoscope.hf_registration",
    "reproduce": "otoscope.papers.yang2020.reproduce",
    "run_status": "otoscope.results.status",
    "rollout": "otoscope.maps",
    "score_boundaries": "otoscope.segmentation.boundaries",
    "segment": "otoscope.segmentation.segment",
    "similarity": "otoscope.maps",
    "sinks": "otoscope.attention_sinks.sinks",
    "supported_families": "otoscope.models.capabilities",
    "value_zeroing": "otoscope.maps.value_zeroing",
    "view": "otoscope.viewer.widget",
    "weights": "otoscope.head_weights.weights",
    "words": "otoscope.alignment.write_words",
    "wrap": "otoscope.models.wrap",
    "write_boundaries": "otoscope.segmentation.prediction",
}

provide_home()
shorten_waiting()
hf_registration.register_lazily()


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'otoscope' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
