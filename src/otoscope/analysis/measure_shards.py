"""Measure the shards of a run that are not stored, on any executor."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from otoscope.analysis.phone_labels import PhoneLabeler
from otoscope.analysis.shard_files import encode_shard, write_failure, write_shard
from otoscope.analysis.shard_plan import Shard, ShardPlan
from otoscope.analysis.shards import ShardOptions, measure
from otoscope.corpus.audio_source import file_of
from otoscope.corpus.file_index import is_there
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results.status import missing_shards
from otoscope.runs.executors.executor import Executor, Load, OnProgress
from otoscope.runs.progress import progress
from otoscope.statistics import available_statistics


@dataclass(frozen=True)
class ShardWork:
    """What a worker does with a shard: a pure function of model and shard.

    Attributes:
        labeler: labels the frames for the statistics of phones.
        strict: whether an utterance that cannot be measured is an error.
    """

    labeler: PhoneLabeler | None
    strict: bool

    def __call__(self, encoder: Encoder, shard: Shard, on_progress: OnProgress) -> bytes | InputError:
        """Return the content of the file of a shard, or the reason why it has none."""
        phones = self.labeler.inventory.phones if self.labeler else ()
        statistics = available_statistics(phones, encoder.model_reductions)
        options = ShardOptions(self.labeler, shard.cluster_of, self.strict, on_progress, shard.example)
        try:
            check_access(shard)
            return encode_shard(measure(encoder, shard.cuts, statistics, options))
        except InputError as error:
            return error


def check_access(shard: Shard) -> None:
    """Raise InputError if a file that the plan lists is not there: the worker lacks the folder, or it has gone."""
    for _, cut in shard.cuts:
        for source in cut.recording.sources:
            if (file := file_of(source)) is not None and not is_there(file):
                raise InputError(
                    f"{file}: expected the audio that the plan lists, found no file on {gethostname()}; make "
                    "the folder readable there, and repeat the command with --resume"
                )


def store_shards(
    folder: Path, shards: ShardPlan, numbers: Sequence[int], work: ShardWork, executor: Executor, load: Load[Encoder]
) -> None:
    """Measure and store those shards that a run lacks.

    Args:
        folder: the run folder.
        shards: all shards of the plan; those that are measured are read.
        numbers: numbers of the shards to measure, all or a share.
        work: what to do with a shard.
        executor: where to do it.
        load: returns the model in a worker.

    Raises:
        InputError: a shard or a worker fails; what others measured is stored.
    """
    missing = set(missing_shards(folder, len(shards)))
    with progress("measuring heads", shards.seconds(numbers)) as on_progress:
        on_progress(shards.seconds(number for number in numbers if number not in missing))
        waiting = [number for number in numbers if number in missing]
        if not waiting:
            return
        for shard, result in executor.map(load, work, map(shards.__getitem__, waiting), on_progress):
            if isinstance(result, InputError):
                write_failure(folder, shard.number, result)
                raise result
            write_shard(folder, shard.number, result)
