"""The stages of the reproduction in their order, and the folders of their results."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from otoscope._io.saved_work import write_json
from otoscope.analysis.analyze import analyze
from otoscope.models.load import silence_transformers
from otoscope.models.mockingjay import MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.papers.stage import Stage
from otoscope.papers.warm_start import copy_checkpoint, shared_steps
from otoscope.papers.yang2020.corpora import Corpora, EvaluationCorpus
from otoscope.papers.yang2020.models import SEED_MODEL, ModelSpec, check_trained_model
from otoscope.pretraining.corpora import read_corpora
from otoscope.pretraining.evaluation import evaluate
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.trainer import seconds_logged
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.pruning.prune import prune
from otoscope.refinement.bench import bench
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.runs.executors.share import ALL
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.segmentation.options import SegmentationOptions
from otoscope.segmentation.segment import segment

PRUNING_RANKINGS = ("diagonality", "verticality", "globalness", "weight")
HALF, SPAN = "half", "span"
REFINED_MODELS = (HALF, SPAN)
"""Refined models: without half of the heads, and with a limited span."""
SPAN_FRAMES = 10

POOL = "pool"  # folder of what is known of the speech to train on
BENCH_SECONDS = (10, 60)  # of audio, at which refined models are timed

ONE_PROCESS = ExecutionOptions(shard=ALL)


@dataclass(frozen=True)
class ReproductionJob:
    """What to train and on what to evaluate.

    Attributes:
        models: the models, the published three first.
        corpora: the corpora to train and to evaluate on.
        folder: folder of all results.
        device: torch device.
        execution: where stages that measure a model compute; the tasks of an array share their parts.
    """

    models: Sequence[ModelSpec]
    corpora: Corpora
    folder: Path
    device: str = "auto"
    execution: ExecutionOptions = ONE_PROCESS

    def training_folder(self, name: str) -> Path:
        """Return the folder of a model's training, as `otoscope pretrain -o` fills it."""
        return self.folder / "models" / name

    def model_folder(self, name: str) -> Path:
        """Return the folder of a trained model."""
        return self.training_folder(name) / "model"

    def result(self, name: str, stage: str) -> Path:
        """Return the path of the result of a stage of a model."""
        return self.folder / "runs" / name / stage


def make_stages(job: ReproductionJob) -> list[Stage]:
    """Return all stages, in the order in which one process runs them: model by model, the model of seeds first."""
    result = job.result(POOL, "speech.json")
    pool = Stage(f"{POOL}/speech", partial(_describe_pool, job), result=result)
    return [pool, *(stage for model in job.models for stage in _model_stages(job, model)), *_refined_stages(job)]


def _model_stages(job: ReproductionJob, model: ModelSpec) -> Iterator[Stage]:
    name, trained, heads = model.name, f"{model.name}/pretraining", f"{model.name}/heads"
    source, steps = _warm_start(job, model)
    needs = [f"{source}/pretraining"] if source else []
    action = partial(_pretrain, job, model, source, steps)
    yield Stage(trained, action, needs, result=job.model_folder(name), essential=True)
    held_out = job.result(name, "held-out.json")
    yield Stage(f"{name}/held-out", partial(_evaluate_held_out, job, model), [trained], result=held_out)
    shared = partial(Stage, is_shared=True)
    result = job.result(name, "heads")
    yield shared(heads, partial(_analyze, job, name), [trained], result=result, essential=True)
    result = job.result(name, "segmentation")
    yield shared(f"{name}/segmentation", partial(_segment, job, name), [trained], result=result)
    for corpus in job.corpora.evaluation if model.is_main else ():
        stage = pruning_stage(corpus)
        yield shared(f"{name}/{stage}", partial(_prune, job, name, corpus), [heads], result=job.result(name, stage))


def pruning_stage(corpus: EvaluationCorpus) -> str:
    """Return the name of the stage that prunes a model on a corpus."""
    return f"pruning-{corpus.role}"


def _refined_stages(job: ReproductionJob) -> Iterator[Stage]:
    for kind in REFINED_MODELS:
        refined, speed = job.model_folder(f"{SEED_MODEL}-{kind}"), job.result(SEED_MODEL, f"speed-{kind}.json")
        needs = [f"{SEED_MODEL}/refined-{kind}"]
        yield Stage(needs[0], partial(_refine, job, kind), [f"{SEED_MODEL}/heads"], result=refined)
        yield Stage(f"{SEED_MODEL}/speed-{kind}", partial(_bench, job, kind), needs, result=speed, exclusive=True)


def _describe_pool(job: ReproductionJob) -> None:
    """Write how much speech there is to train on."""
    write_json(job.result(POOL, "speech.json"), {"corpora": [corpus.facts for corpus in job.corpora.pool]}, shared=True)


def _warm_start(job: ReproductionJob, model: ModelSpec) -> tuple[str, int]:
    """Return the earlier model that shares most training steps with this one, and their number; else `"", 0`."""
    earlier = job.models[: list(job.models).index(model)]
    shared = {other.name: shared_steps(other.recipe, model.recipe) for other in earlier}
    name = max(shared, key=shared.__getitem__, default="")
    return (name, shared[name]) if name and shared[name] else ("", 0)


def _pretrain(job: ReproductionJob, model: ModelSpec, source: str, steps: int) -> float:
    """Train a model or take over a trained one; return the logged seconds, without the steps that another trained."""
    folder = job.training_folder(model.name)
    if job.model_folder(model.name).exists():
        check_trained_model(model, job.model_folder(model.name))
    else:
        if source:
            copy_checkpoint(job.training_folder(source), steps, folder)
        pretrain(model.recipe, folder, resume=True)
    return seconds_logged(folder)


def _evaluate_held_out(job: ReproductionJob, model: ModelSpec) -> None:
    """Write the masked L1 on the corpora with speakers, with the mask that the model was trained with."""
    folder = job.training_folder(model.name)
    speech = read_corpora(model.recipe.validation, MockingjayFeatureExtractor(), folder / "features")
    with silence_transformers():
        trained = MockingjayForPreTraining.from_pretrained(job.model_folder(model.name), dtype="float32")
    errors = evaluate(trained, speech.features, model.recipe.masking)
    write_json(job.result(model.name, "held-out.json"), asdict(errors), shared=True)


def _analyze(job: ReproductionJob, name: str) -> None:
    out = job.result(name, "heads")
    options = SpeechOptions(device=job.device, resume=True)
    analyze(job.model_folder(name), job.corpora.phones.source, out, options=options, execution=job.execution)


def _segment(job: ReproductionJob, name: str) -> None:
    out = job.result(name, "segmentation")
    segment(
        job.model_folder(name),
        job.corpora.phones.source,
        out,
        segmentation=SegmentationOptions(shifts=0),
        options=SpeechOptions(device=job.device, resume=True),
        execution=job.execution,
    )


def _prune(job: ReproductionJob, name: str, corpus: EvaluationCorpus) -> None:
    """Prune the model of seeds by every category and by weight, the others by globalness; limit the span of all."""
    by = tuple(PRUNING_RANKINGS) if name == SEED_MODEL else ("globalness",)
    prune(
        job.model_folder(name),
        corpus.source,
        job.result(name, pruning_stage(corpus)),
        schedule=ScheduleOptions(by=by, run=job.result(name, "heads")),
        probing=ProbingOptions(probes=tuple(corpus.probes)),
        options=SpeechOptions(device=job.device, resume=True),
        execution=job.execution,
    )


def _refine(job: ReproductionJob, kind: str) -> None:
    out = job.model_folder(f"{SEED_MODEL}-{kind}")
    run = job.result(SEED_MODEL, "heads")
    options = {
        HALF: RefinementOptions(run=run, by="globalness", heads=0.5),
        SPAN: RefinementOptions(span=SPAN_FRAMES),
    }
    if not out.exists():
        refine(job.model_folder(SEED_MODEL), out, options=options[kind])


def _bench(job: ReproductionJob, kind: str) -> None:
    costs = bench(job.model_folder(f"{SEED_MODEL}-{kind}"), job.model_folder(SEED_MODEL), seconds=BENCH_SECONDS)
    write_json(job.result(SEED_MODEL, f"speed-{kind}.json"), asdict(costs), shared=True)
