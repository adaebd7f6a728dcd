"""Measure the heads of a model while a Trainer trains it."""

from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet
from numpy.typing import NDArray
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.integrations import TensorBoardCallback

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import find_encoder, make_encoder
from otoscope.models.original_module import original_module
from otoscope.results import claim_folder, finish
from otoscope.results.shapes import SHAPES
from otoscope.runs.cache import load_or_compute
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import make_source
from otoscope.training_dynamics.dynamics import snapshot_path, snapshots_result, speech_plan
from otoscope.training_dynamics.snapshot import (
    OVERVIEW,
    STATISTICS,
    SnapshotSpeech,
    measure_snapshot,
    read_snapshot_speech,
)

GAP = 3  # pixels between the maps of a picture


class HeadStatistics(TrainerCallback):
    """A callback of a Hugging Face Trainer that measures all heads every so many steps, and at both ends.

    A copy of the model is measured, so that the training ends with the same bits. Statistics, categories and an
    overview of the maps are stored as a run of the kind that `otoscope dynamics` writes. `attach` also logs means and
    numbers of heads by shape to every reporter of the Trainer, and a picture of the maps to TensorBoard.

    Args:
        corpus: speech for the measurement, a few utterances that the training does not use.
        out: folder of the run.
        every: number of steps between two measurements.
        extractor: feature extractor of the model; by default the `processing_class` of the Trainer.
        options: how to read the corpus; `resume` continues the run of a training that is resumed.

    Raises:
        InputError: `every` is less than 1; at the start of the training: the folder or the corpus cannot be used, the
            model is no speech encoder, or there is no feature extractor.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions
        >>> with TemporaryDirectory() as folder:
        ...     callback = HeadStatistics("bundled", folder, every=100, options=SpeechOptions(limit=4))
        ...     callback.every
        100
    """

    def __init__(
        self,
        corpus: str | Path | CutSet,
        out: str | Path,
        *,
        every: int = 200,
        extractor: Any = None,
        options: SpeechOptions | None = None,
    ) -> None:
        """See the class."""
        if every < 1:
            raise InputError(f"expected a number of steps of at least 1, found every={every}; pass a larger one")
        self.corpus, self.folder, self.every = corpus, Path(out), every
        self.extractor, self.options = extractor, options or SpeechOptions()
        self.source = make_source(corpus, self.options)
        self._encoder: Encoder | None = None
        self._speech: SnapshotSpeech | None = None
        self._trainer: Trainer | None = None

    def attach(self, trainer: Trainer) -> "HeadStatistics":
        """Add the callback to a Trainer, and log to its reporters.

        Returns:
            The callback.
        """
        self._trainer = trainer
        trainer.add_callback(self)
        return self

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Claim the folder, copy the model and measure it."""
        extractor = self.extractor or kwargs.get("processing_class")
        if extractor is None:
            raise InputError(
                "expected a feature extractor, found none; pass extractor, or processing_class to the Trainer"
            )
        self._speech = read_snapshot_speech(self.corpus, self.options)
        plan = {"training": str(args.output_dir), "every": self.every, **speech_plan(self._speech)}
        if claim_folder(self.folder, plan, resume=self.options.resume) == "finished":
            check_steps_left(self.folder, state)
            return
        self._encoder = make_encoder(deepcopy(original_module(kwargs["model"])), extractor)
        for path in (self.folder / "shards").glob("step-*.npz"):
            if int(path.stem.removeprefix("step-")) > state.global_step:
                path.unlink()
        self._measure(kwargs["model"], state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Measure the model if it is time to."""
        if state.global_step % self.every == 0:
            self._measure(kwargs["model"], state.global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measure the trained model, and finish the run."""
        if self._encoder is None:
            return
        self._measure(kwargs["model"], state.global_step)
        finish(self.folder, *snapshots_result(self.folder, type(kwargs["model"]).__name__, self.source))

    def _measure(self, model: Any, step: int) -> None:
        """Measure a copy of the model, unless this step is measured already."""
        path, encoder, speech = snapshot_path(self.folder, step), self._encoder, self._speech
        if encoder is None or speech is None or path.exists():
            return
        trained = find_encoder(original_module(model), encoder.family.encoder, encoder.name)
        encoder.model.load_state_dict(trained.state_dict())
        arrays = load_or_compute(path, partial(measure_snapshot, encoder, speech))
        self._log(arrays, step)

    def _log(self, arrays: dict[str, NDArray[Any]], step: int) -> None:
        if self._trainer is None:
            return
        self._trainer.log({f"heads/{name}": value for name, value in describe(arrays).items()})
        for reporter in self._trainer.callback_handler.callbacks:
            if isinstance(reporter, TensorBoardCallback) and reporter.tb_writer is not None:
                reporter.tb_writer.add_image("heads/maps", tile_overviews(arrays[OVERVIEW]), step, dataformats="HW")


def check_steps_left(folder: Path, state: TrainerState) -> None:
    """Raise InputError where a training has steps left, and the run of its heads is finished already."""
    if state.global_step < state.max_steps:
        raise InputError(
            f"expected an unfinished run in {folder}, found a finished one, and a training that continues at step "
            f"{state.global_step}; remove the run, and measure the checkpoints with otoscope dynamics"
        )


def describe(arrays: dict[str, NDArray[Any]]) -> dict[str, float]:
    """Return the mean of each statistic over the heads, and the number of heads of each shape."""
    means = {name: float(np.nanmean(arrays[name])) for name in STATISTICS}
    return means | {shape.replace(" ", "_"): float((arrays["shape"] == shape).sum()) for shape in SHAPES}


def tile_overviews(overview_lhqk: NDArray[Any]) -> NDArray[np.float32]:
    """Return one picture of the maps of all heads, `[L * (B + GAP), H * (B + GAP)]`, with white gaps after each.

    Each map is drawn from 0 to its largest weight as 1.
    """
    largest = np.nanmax(overview_lhqk, axis=(2, 3), keepdims=True)
    shares = np.nan_to_num(overview_lhqk / np.where(largest > 0, largest, 1)).astype(np.float32)
    padded = np.pad(shares, ((0, 0), (0, 0), (0, GAP), (0, GAP)), constant_values=1)
    layers, heads, rows, columns = padded.shape
    return padded.transpose(0, 2, 1, 3).reshape(layers * rows, heads * columns)
