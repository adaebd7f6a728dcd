"""Run a recipe on the Hugging Face Trainer."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from transformers import Trainer, TrainingArguments, set_seed

from otoscope.corpus import Skipped, fingerprint, load_audio, read_corpus
from otoscope.errors import BadInput
from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.evaluation import Reconstruction, evaluate
from otoscope.pretraining.features import Features, read_features, write_features
from otoscope.pretraining.recipe import Recipe, read_recipe

VALIDATION_BATCHES = 8


def pretrain(recipe: str | Path | Recipe, out: str | Path, *, resume: bool = False) -> Reconstruction:
    """Pre-train a Mockingjay model by a recipe; `out/model` gets the model and its feature extractor.

    Checkpoints, TensorBoard logs and features of the corpora lie under `out`. With `resume` training goes on from the
    newest checkpoint and ends in the same weights as a run that never stopped.

    Returns:
        Masked L1 on the validation corpora beside predicting the mean and copying the nearest unmasked frame.

    Raises:
        BadInput: the recipe or a corpus cannot be used, or `out` holds checkpoints and `resume` is false.
    """
    recipe, out = recipe if isinstance(recipe, Recipe) else read_recipe(recipe), Path(out)
    checkpoints = list(out.glob("checkpoints/checkpoint-*"))
    if checkpoints and not resume:
        raise BadInput(
            f"{out} holds {len(checkpoints)} checkpoints of an earlier training; pass --resume or another folder"
        )
    extractor = MockingjayFeatureExtractor()
    train, validation = (features(paths, extractor, out) for paths in (recipe.train, recipe.validation))
    trainer = make_trainer(recipe, train, validation, out)
    trainer.train(resume_from_checkpoint=bool(checkpoints))
    model = trainer.model.float().cpu()
    save(model, extractor, out / "model", recipe)
    return evaluate(model, validation, recipe.masking)


def features(paths: tuple[str, ...], extractor: MockingjayFeatureExtractor, out: Path) -> Features:
    """Features of all cuts of some corpora, kept under `out` by the content of the corpora."""
    skipped: list[Skipped] = []
    cuts = [cut for path in paths for cut in read_corpus(path, on_skip=skipped.append)]
    folder = out / "features" / fingerprint(cuts)[:16]
    if not folder.exists():
        write_features(_waves(cuts, extractor.sampling_rate, skipped.append), extractor, folder)
    return read_features(folder)


def _waves(cuts: list[Any], sampling_rate: int, on_skip: Callable[[Skipped], None]) -> Iterator[np.ndarray]:
    for cut in cuts:
        try:
            yield load_audio(cut, sampling_rate)
        except BadInput as error:
            on_skip(Skipped(cut.id, str(error)))
            yield np.zeros(0, np.float32)


def make_trainer(recipe: Recipe, train: Features, validation: Features, out: Path) -> Trainer:
    """A Trainer whose dataset holds one whole batch per step."""
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        **{"report_to": "tensorboard", "seed": recipe.batching.seed} | recipe.training,
    )
    if arguments.max_steps <= 0:
        raise BadInput(f"[training] needs max_steps above 0, has {arguments.max_steps}")
    set_seed(arguments.seed)
    return Trainer(
        model=MockingjayForPreTraining(MockingjayConfig(**recipe.model)),
        args=arguments,
        train_dataset=MaskedBatches(train, recipe.masking, recipe.batching, arguments.max_steps),
        eval_dataset=MaskedBatches(validation, recipe.masking, recipe.batching, VALIDATION_BATCHES),
        data_collator=lambda batches: batches[0],
    )


def save(model: MockingjayForPreTraining, extractor: MockingjayFeatureExtractor, folder: Path, recipe: Recipe) -> None:
    """The model, its feature extractor, and in its configuration the recipe that made it."""
    model.config.recipe = asdict(recipe)
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
