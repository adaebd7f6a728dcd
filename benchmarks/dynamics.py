"""What it costs to measure heads while a model trains, and over its checkpoints afterwards.

Both rows measure heads on utterances of librispeech-excerpts/test-other in OTOSCOPE_CORPORA, of different speakers.
`callback` trains by the recipe of the bundled model, on 400 utterances of its corpora.

    python benchmarks/dynamics.py [ROW ...]
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import TrainerControl, TrainerState, TrainingArguments

from harness import CORPORA, Row, ratio_row, require_path, run_rows, time_row
from otoscope import HeadStatistics, SpeechOptions, analyze, dynamics
from otoscope.bundled import model
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.corpora import extract_features, list_corpora
from otoscope.pretraining.recipe import read_recipe
from otoscope.pretraining.trainer import new_model
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from pretraining import steps

RECIPE = Path(__file__).parents[1] / "experiments" / "bundled" / "recipe.toml"
EVERY, STEPS, UTTERANCES = 200, 40, 400
FEW = SpeechOptions(sample=4, balanced="speaker")
CHECKPOINTS = 20
TRAIN = ("librispeech-excerpts/train-clean-100", "picovoice-coffee", "speechocean762/train")


def callback_row() -> Iterator[Row]:
    speech = require_path(CORPORA / "librispeech-excerpts" / "test-other")
    recipe = read_recipe(RECIPE, {"train": [str(CORPORA / name) for name in TRAIN], "validation": [str(speech)]})
    listing = list_corpora(recipe.train, make_selection(SelectionOptions(sample=UTTERANCES)))
    with TemporaryDirectory() as folder:
        features = extract_features(listing, MockingjayFeatureExtractor(), Path(folder)).features
        batches = MaskedBatches(features, recipe.masking, recipe.batching, STEPS)
        step = time_row("a training step of the bundled recipe", steps(recipe, batches, "sdpa"), STEPS - 1)
        trained = new_model(recipe, recipe.batching.seed)
        measure = time_row("one measurement of 4 utterances", measurements(trained, speech, Path(folder)), 5)
    assert measure.cpu
    assert step.cpu
    share = 100 * measure.cpu.median / (EVERY * step.cpu.median)
    yield Row("the callback every 200 steps, of the time of the training", "%", value=share, goal="at most 2 %")
    yield from (step, measure)


def measurements(trained: torch.nn.Module, speech: Path, folder: Path) -> Callable[[], None]:
    """Return a work that measures the heads of a model, each time as of a later step."""
    callback = HeadStatistics(speech, folder / "run", every=EVERY, options=FEW)
    extractor, control = MockingjayFeatureExtractor(), TrainerControl()
    arguments, numbers = TrainingArguments(str(folder)), count(EVERY, EVERY)
    callback.on_train_begin(arguments, TrainerState(), control, model=trained, processing_class=extractor)
    return lambda: callback.on_step_end(arguments, TrainerState(global_step=next(numbers)), control, model=trained)


def checkpoints_row() -> Iterator[Row]:
    speech = require_path(CORPORA / "librispeech-excerpts" / "test-other")
    numbers = count()
    with TemporaryDirectory() as name:
        folder = Path(name)
        for step in range(CHECKPOINTS):
            (folder / f"checkpoint-{step}").symlink_to(model())

        def single() -> None:
            for step in range(CHECKPOINTS):
                analyze(folder / f"checkpoint-{step}", speech, folder / f"single-{next(numbers)}", options=FEW)

        def together() -> None:
            dynamics([folder], speech, folder / f"run-{next(numbers)}", options=FEW)

        yield from ratio_row(
            f"dynamics over {CHECKPOINTS} checkpoints, against as many calls of analyze",
            single,
            together,
            "at most 1.1x",
        )


if __name__ == "__main__":
    run_rows({}, {"callback": callback_row, "checkpoints": checkpoints_row})
