"""Run a recipe: features, training, the finished model and what it has learned."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]
from transformers import Trainer, TrainingArguments
from transformers.utils import logging

from otoscope._io.atomic import PARTIAL, atomic_write, disk_errors_as_input_errors, make_folder
from otoscope._io.ranks import is_first_process
from otoscope._io.saved_work import check_resume_requested
from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.pretraining.corpora import FeatureCorpus, extract_features, list_corpora
from otoscope.pretraining.data_checks import check_enough
from otoscope.pretraining.evaluation import evaluate
from otoscope.pretraining.model_card import Pretrained, model_card
from otoscope.pretraining.provenance import check_training_config, record_training_config, training_config
from otoscope.pretraining.recipe import Recipe, read_recipe
from otoscope.pretraining.trainer import (
    check_optimiser,
    check_shape,
    make_trainer,
    measure_heads,
    new_model,
    newest_checkpoint,
    seconds_logged,
    training_arguments,
)
from otoscope.runs.options import SelectionOptions, SpeechOptions
from otoscope.runs.selection import make_selection


def pretrain(
    recipe: str | Path | Recipe, out: str | Path, *, resume: bool = False, selection: SelectionOptions | None = None
) -> Pretrained:
    """Pre-train a Mockingjay model and write it to `out/model`, with its feature extractor and its model card.

    Checkpoints, TensorBoard logs and features of the corpora are stored in `out`. If the recipe has a table `dynamics`,
    `out/dynamics` is a run of how the heads form, as `otoscope dynamics` writes it. A resumed training ends with the
    same weights as one that never stopped, bit for bit, on the same device with the same number of threads.

    Started by torchrun or accelerate, several processes train on the batches of one: each takes its part of every
    batch. Losses are those of one process to float tolerance if the recipe has no dropout, which each process draws.

    Args:
        recipe: a `Recipe`, or the path of its TOML file.
        out: the folder to write; it must be empty unless `resume` is true.
        resume: continue from the newest checkpoint of the same recipe and speech. Options of logging and saving may
            differ, and `max_steps` may if the learning rate is constant.
        selection: which utterances of all training corpora together are used; None uses all. Those of validation are
            always used.

    Returns:
        The folder of the model, its reconstruction error on the validation speech, the number of steps and the time.

    Raises:
        InputError: the recipe or a corpus cannot be used, `out` holds checkpoints and `resume` is false, they belong to
            another training, or the disk is full.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope.bundled import speech
        >>> small = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
        >>> corpora = (str(speech()),)
        >>> recipe = Recipe(corpora, corpora, model=small, training={"max_steps": 2, "use_cpu": True})
        >>> with TemporaryDirectory() as out:
        ...     pretrain(recipe, out).steps
        2
    """
    recipe, out = recipe if isinstance(recipe, Recipe) else read_recipe(recipe), Path(out)
    arguments = training_arguments(recipe, out / "checkpoints")
    _check_out(out, resume)
    _wait_for_all(arguments)  # before a process writes
    model, extractor = new_model(recipe, arguments.seed), MockingjayFeatureExtractor()
    check_optimiser(arguments, model)
    chosen = make_selection(selection or SelectionOptions())
    listings = [list_corpora(recipe.train, chosen), list_corpora(recipe.validation)]
    training = training_config(recipe, *(speech.fingerprint for speech in listings))
    if newest := newest_checkpoint(out / "checkpoints"):
        check_training_config(out / "checkpoints", training)
        check_shape(newest, model)
    with arguments.main_process_first(local=False):
        train, validation = (extract_features(speech, extractor, out / "features") for speech in listings)
    check_enough(recipe, train, validation)
    with _no_bars(), disk_errors_as_input_errors(out / "checkpoints"):
        trainer = make_trainer(recipe, arguments, model, train.features, validation.features)
        if recipe.dynamics.every and is_first_process():
            few = SpeechOptions(sample=min(recipe.dynamics.utterances, len(listings[1].parts[0])), resume=resume)
            measure_heads(trainer, recipe, out / "dynamics", few)
        _train(trainer, out / "checkpoints", training)
    with _no_bars():
        finished = [_finish(trainer, recipe, extractor, train, validation, out) if is_first_process() else None]
    (pretrained,) = broadcast_object_list(finished)
    return cast(Pretrained, pretrained)


def _train(trainer: Trainer, checkpoints: Path, training: Mapping[str, Any]) -> None:
    """Record what is trained, and train from the newest checkpoint on."""
    if is_first_process():
        record_training_config(checkpoints, training)
    checkpoint = newest_checkpoint(checkpoints, until=trainer.args.max_steps)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def _wait_for_all(arguments: TrainingArguments) -> None:
    """Wait until all processes of the training are here."""
    if arguments.world_size > 1:
        torch.distributed.barrier()


def _finish(
    trainer: Trainer,
    recipe: Recipe,
    extractor: MockingjayFeatureExtractor,
    train: FeatureCorpus,
    validation: FeatureCorpus,
    out: Path,
) -> Pretrained:
    """The model on disk, measured as it reads back, with its card."""
    make_folder(out)
    with atomic_write(out / "model") as folder:
        folder.mkdir()
        stored = save_model(trainer.model, extractor, recipe, folder)
        pretrained = Pretrained(
            model=out / "model",
            reconstruction=evaluate(stored, validation.features, recipe.masking),
            parameters=stored.num_parameters(),
            steps=trainer.state.global_step,
            seconds=seconds_logged(out),
            device=trainer.args.device.type,
            train=train.corpora,
            validation=validation.corpora,
            skipped=train.skipped + validation.skipped,
        )
        card = model_card(pretrained, recipe, stored.config.num_hidden_layers, stored.config.num_attention_heads)
        (folder / "README.md").write_text(card, encoding="utf-8")
    return pretrained


def save_model(
    model: MockingjayForPreTraining, extractor: MockingjayFeatureExtractor, recipe: Recipe, folder: Path
) -> MockingjayForPreTraining:
    """The model as it reads back, in float32, from the weights that were stored in the recipe's precision.

    The folder gets the weights, the feature extractor, and the configuration with the recipe in it.
    """
    model.config.recipe = asdict(recipe)
    precision = getattr(torch, recipe.output.dtype)
    weights = {name: weight.to("cpu", precision) for name, weight in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=weights)
    extractor.save_pretrained(folder)
    return MockingjayForPreTraining.from_pretrained(folder, dtype=torch.float32)


def _check_out(out: Path, resume: bool) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder for the training")
    names = {path.name for path in out.iterdir() if not path.name.endswith(PARTIAL)} if out.exists() else set()
    if "checkpoints" in names:
        check_resume_requested(out, "checkpoints of an earlier training", "continue it", resume=resume)
    if "checkpoints" not in names and names - {"features"}:
        raise InputError(f"{out} holds something else ({min(names)}); name a new folder for the training")


@contextmanager
def _no_bars() -> Iterator[None]:
    """Without the bars that transformers draws while it reads and writes weights."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
