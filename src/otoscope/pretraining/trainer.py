"""A recipe as a Hugging Face Trainer: quiet, resumable to the bit, one whole batch per step."""

import json
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

from safetensors import safe_open
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader  # type: ignore[import-untyped]
from transformers import PrinterCallback, Trainer, TrainingArguments, get_scheduler, set_seed

from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.models.model_files import check_config
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.feature_store import Features
from otoscope.pretraining.recipe import Recipe
from otoscope.pretraining.shared_batches import SharedBatchTrainer
from otoscope.pretraining.validation import check_minimum
from otoscope.runs.options import SpeechOptions
from otoscope.training_dynamics.callback import HeadStatistics

VALIDATION_BATCHES = 8
SIZES = ("hidden_size", "num_hidden_layers", "intermediate_size", "downsample_rate")
RATES = ("learning_rate", "weight_decay", "max_grad_norm")


def training_arguments(recipe: Recipe, folder: Path) -> TrainingArguments:
    """Arguments of a training that keeps checkpoints and logs in `folder`; progress is drawn on a terminal only.

    Raises:
        InputError: the recipe's training arguments do not go together, one process has several devices, or there are
            more processes than utterances in a batch.
    """
    try:
        arguments = TrainingArguments(
            output_dir=str(folder),
            per_device_train_batch_size=1,
            per_device_eval_batch_size=1,
            train_sampling_strategy="sequential",
            remove_unused_columns=False,
            average_tokens_across_devices=False,  # SharedBatchTrainer weights the losses of processes
            disable_tqdm=not sys.stderr.isatty(),
            **{"report_to": "tensorboard", "seed": recipe.batching.seed} | recipe.training,
        )
    except (ImportError, TypeError, ValueError) as error:
        raise InputError(f"training: {error}") from error
    if arguments.n_gpu > 1:
        raise InputError(
            "expected one device for each process, found several; start one process for each with: torchrun "
            f"--nproc-per-node {arguments.n_gpu} -m otoscope pretrain ..., or set CUDA_VISIBLE_DEVICES=0"
        )
    if arguments.world_size > recipe.batching.size:
        raise InputError(
            f"expected at least an utterance of each batch for each process, found {arguments.world_size} processes "
            f"and batches of {recipe.batching.size}; start fewer, or raise size in [batching]"
        )
    check_minimum("training", vars(arguments), dict.fromkeys(RATES, 0))
    return arguments


def new_model(recipe: Recipe, seed: int) -> MockingjayForPreTraining:
    """The recipe's model with random weights.

    Raises:
        InputError: there is no such model.
    """
    set_seed(seed)
    check_minimum("model", recipe.model, dict.fromkeys(SIZES, 1))
    try:
        config = MockingjayConfig(**recipe.model)
        check_config("[model] of the recipe", config)
        return MockingjayForPreTraining(config)
    except (ArithmeticError, KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"model: no such model can be made: {error}") from error


def check_optimiser(arguments: TrainingArguments, model: MockingjayForPreTraining) -> None:
    """Raise InputError unless the optimiser and its schedule can be made."""
    steps = arguments.max_steps
    try:
        kind, options = Trainer.get_optimizer_cls_and_kwargs(arguments, model)
        get_scheduler(
            arguments.lr_scheduler_type,
            kind(model.parameters(), **options),
            num_warmup_steps=arguments.get_warmup_steps(steps),
            num_training_steps=steps,
            scheduler_specific_kwargs=arguments.lr_scheduler_kwargs,
        )
    except (ImportError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"training: no such optimiser can be made: {error}") from error


def make_trainer(
    recipe: Recipe,
    arguments: TrainingArguments,
    model: MockingjayForPreTraining,
    train: Features,
    validation: Features,
) -> Trainer:
    """A Trainer whose dataset holds one whole batch per step.

    Raises:
        InputError: there is too little speech for one batch.
    """
    steps = arguments.max_steps * arguments.gradient_accumulation_steps
    trainer = SharedBatchTrainer(
        model=model,
        args=arguments,
        train_dataset=MaskedBatches(train, recipe.masking, recipe.batching, steps),
        eval_dataset=MaskedBatches(
            validation, replace(recipe.masking, early_steps=0), recipe.batching, VALIDATION_BATCHES
        ),
        data_collator=lambda batches: batches[0],
        processing_class=MockingjayFeatureExtractor(),  # checkpoints are model folders
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def measure_heads(trainer: Trainer, recipe: Recipe, folder: Path, options: SpeechOptions) -> None:
    """Measure the heads while a Trainer trains, on utterances of the first validation corpus, into a run folder."""
    corpus = os.path.expandvars(recipe.validation[0])
    HeadStatistics(corpus, folder, every=recipe.dynamics.every, options=options).attach(trainer)


def newest_checkpoint(folder: Path, until: float = math.inf) -> Path | None:
    """The last checkpoint, of no later step, that was written whole: its `trainer_state.json` is written last."""
    whole = {int(path.name[11:]): path for path in folder.glob("checkpoint-*") if _is_whole(path)}
    return whole[max(early)] if (early := [step for step in whole if step <= until]) else None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())
    except (OSError, ValueError):
        return False
    return True


def check_shape(checkpoint: Path, model: MockingjayForPreTraining) -> None:
    """Raise InputError unless the weights of a checkpoint are those of such a model."""
    with safe_open(checkpoint / "model.safetensors", "pt") as weights:
        there = {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118
    if there != {name: tuple(weight.shape) for name, weight in model.state_dict().items()}:
        raise InputError(f"{checkpoint} is of a model of another shape; choose another folder")


def seconds_logged(folder: Path) -> float:
    """Wall-clock seconds of a training in all its parts, from the TensorBoard logs under `folder`.

    Steps that were taken again, because a training stopped after its last checkpoint, count once.
    """
    logs = [_log(path) for path in folder.rglob("events.out.*")]
    seconds, again_from = 0.0, math.inf
    for log in sorted(filter(None, logs), key=lambda log: log[0][1], reverse=True):
        times = [time for step, time in log if step < again_from]
        seconds += times[-1] - times[0]
        again_from = min([again_from, *(step for step, _ in log if step)])
    return seconds


def _log(path: Path) -> list[tuple[int, float]]:
    """Step and time of each entry."""
    return [(entry.step, entry.wall_time) for entry in EventFileLoader(str(path)).Load() if entry.HasField("summary")]
