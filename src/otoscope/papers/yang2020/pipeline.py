"""The stages of a reproduction in their order, and where each keeps what it found."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from otoscope._io.atomic import atomic, make_folder
from otoscope.analysis.analyze import analyze
from otoscope.models.load import quiet
from otoscope.models.mockingjay import MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.papers.yang2020.corpora import Corpora, Probed
from otoscope.papers.yang2020.models import SEEDED, Trained, check_finished
from otoscope.papers.yang2020.warm_start import begin_with, shared_steps
from otoscope.papers.yang2020.workflow import Stage
from otoscope.pretraining.corpora import read_speech
from otoscope.pretraining.evaluation import evaluate
from otoscope.pretraining.train import pretrain
from otoscope.pretraining.trainer import seconds_logged
from otoscope.pruning.prune import prune
from otoscope.refinement.bench import bench
from otoscope.refinement.refine import refine
from otoscope.segmentation.segment import segment

CATEGORIES = ("diagonality", "verticality", "globalness", "weight")
REFINED: dict[str, dict[str, Any]] = {"half": {"by": "globalness", "heads": 0.5}, "span": {"span": 10}}
"""Refined models, and what `refine` is asked for."""

POOL = "pool"  # of speech to train on
SECONDS = (10, 60)  # of audio, at which refined models are timed


@dataclass(frozen=True)
class Work:
    """What is trained, on what it is measured, and the folder of it all."""

    models: Sequence[Trained]
    corpora: Corpora
    folder: Path
    device: str = "auto"

    def training(self, name: str) -> Path:
        """Folder of a model's training, as `otoscope pretrain -o` fills it."""
        return self.folder / "models" / name

    def model(self, name: str) -> Path:
        """Folder of a trained model."""
        return self.training(name) / "model"

    def run(self, name: str, what: str) -> Path:
        """Folder of one experiment on a model."""
        return self.folder / "runs" / name / what


def stages(work: Work) -> list[Stage]:
    """All of them: each model is trained and measured, M3 the most, before the next, where one runs at a time."""
    pool = Stage(f"{POOL}/speech", partial(_counted, work), result=work.run(POOL, "speech.json"))
    return [pool, *(stage for one in work.models for stage in _of(work, one)), *_refinements(work)]


def _of(work: Work, model: Trained) -> Iterator[Stage]:
    name, trained, heads = model.name, f"{model.name}/pretraining", f"{model.name}/heads"
    begun, steps = _begun(work, model)
    needs = [f"{begun}/pretraining"] if begun else []
    yield Stage(trained, partial(_pretrain, work, model, begun, steps), needs, result=work.model(name), essential=True)
    yield Stage(f"{name}/held-out", partial(_held_out, work, model), [trained], result=work.run(name, "held-out.json"))
    yield Stage(heads, partial(_heads, work, name), [trained], result=work.run(name, "heads"), essential=True)
    segmented = work.run(name, "segmentation")
    yield Stage(f"{name}/segmentation", partial(_segmentation, work, name), [trained], result=segmented)
    for corpus in work.corpora.probed if model.is_main else ():
        what = f"pruning-{corpus.role}"
        yield Stage(f"{name}/{what}", partial(_pruning, work, name, corpus), [heads], result=work.run(name, what))


def _refinements(work: Work) -> Iterator[Stage]:
    for how in REFINED:
        refined, measured = work.model(f"{SEEDED}-{how}"), work.run(SEEDED, f"speed-{how}.json")
        needs = [f"{SEEDED}/refined-{how}"]
        yield Stage(needs[0], partial(_refine, work, how), [f"{SEEDED}/heads"], result=refined)
        yield Stage(f"{SEEDED}/speed-{how}", partial(_speed, work, how), needs, result=measured, alone=True)


def _counted(work: Work) -> None:
    """How much speech there is to train on."""
    write_json(work.run(POOL, "speech.json"), {"corpora": [one.facts for one in work.corpora.pool]})


def _begun(work: Work, model: Trained) -> tuple[str, int]:
    """The model before this one with which its training has most steps in common, and how many; none: `"", 0`."""
    before = work.models[: list(work.models).index(model)]
    shared = {one.name: shared_steps(one.recipe, model.recipe) for one in before}
    name = max(shared, key=shared.__getitem__, default="")
    return (name, shared[name]) if name and shared[name] else ("", 0)


def _pretrain(work: Work, model: Trained, begun: str, steps: int) -> float:
    """Seconds that all parts of the training took, as logged, without the steps that another had trained."""
    if work.model(model.name).exists():
        check_finished(model, work.model(model.name))
    else:
        if begun:
            begin_with(work.training(begun), steps, work.training(model.name))
        pretrain(model.recipe, work.training(model.name), resume=True)
    return seconds_logged(work.training(model.name))


def _held_out(work: Work, model: Trained) -> None:
    """Masked L1 on the corpora of speakers, by the mask that the model was trained with."""
    folder = work.training(model.name)
    speech = read_speech(model.recipe.validation, MockingjayFeatureExtractor(), folder / "features")
    with quiet():
        stored = MockingjayForPreTraining.from_pretrained(work.model(model.name), dtype="float32")
    found = evaluate(stored, speech.features, model.recipe.masking)
    write_json(work.run(model.name, "held-out.json"), asdict(found))


def _heads(work: Work, name: str) -> None:
    analyze(work.model(name), work.corpora.phones.given, work.run(name, "heads"), device=work.device, resume=True)


def _segmentation(work: Work, name: str) -> None:
    out = work.run(name, "segmentation")
    segment(work.model(name), work.corpora.phones.given, out, device=work.device, resume=True)


def _pruning(work: Work, name: str, corpus: Probed) -> None:
    """M3 by every category and by weight, the others by globalness; all under narrower and narrower spans."""
    prune(
        work.model(name),
        corpus.given,
        work.run(name, f"pruning-{corpus.role}"),
        by=CATEGORIES if name == SEEDED else ["globalness"],
        probes=corpus.probes,
        run=work.run(name, "heads"),
        device=work.device,
        resume=True,
    )


def _refine(work: Work, how: str) -> None:
    out = work.model(f"{SEEDED}-{how}")
    asked = REFINED[how] | ({"run": work.run(SEEDED, "heads")} if "by" in REFINED[how] else {})
    if not out.exists():
        refine(work.model(SEEDED), out, **asked)


def _speed(work: Work, how: str) -> None:
    measured = bench(work.model(f"{SEEDED}-{how}"), work.model(SEEDED), seconds=SECONDS)
    write_json(work.run(SEEDED, f"speed-{how}.json"), asdict(measured))


def write_json(path: Path, content: object) -> None:
    """One file, whole or absent."""
    make_folder(path.parent)
    with atomic(path) as partial_file:
        partial_file.write_text(json.dumps(content) + "\n", encoding="utf-8")
