"""Options of every command that runs a model on speech. The command line derives its options from these fields."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from otoscope.corpus import FORMATS
from otoscope.errors import InputError
from otoscope.phones import read_folding


def option(default: Any, help: str, metavar: str | None = None) -> Any:
    """Return a dataclass field with a default, the help text of the command line, and its name for the value."""
    return field(default=default, metadata={"help": help, "metavar": metavar})


@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """Say which utterances of speech are used; shared by all commands that read speech.

    Attributes:
        limit: number of utterances to use, the first of those selected; None uses all.
        speakers: names of the speakers to use, or a file with one in each line; empty uses all.
        utterances: ids of the utterances to use, or a file with one in each line; empty uses all.
        sample: number of utterances to draw at random from those selected; None uses all.
        balanced: `speaker` draws the same number of utterances of each speaker, up to 1.
        seed: seed of the sample.

    Raises:
        InputError: `limit` or `sample` is less than 1, or options of the sample contradict each other.

    Examples:
        >>> SelectionOptions(sample=24, balanced="speaker").seed
        0
    """

    limit: int | None = option(None, "Take the first N utterances, in the order of their ids.", "N")
    speakers: tuple[str, ...] = option((), "Speakers to use, or a file with one in each line.", "NAME,...|FILE")
    utterances: tuple[str, ...] = option((), "Utterances to use, or a file with one id in each line.", "ID,...|FILE")
    sample: int | None = option(None, "Draw N utterances at random.", "N")
    balanced: str | None = option(None, "speaker: draw equally many of each speaker.", "speaker")
    seed: int = option(0, "Seed of --sample.")

    def __post_init__(self) -> None:
        """Check the selection of utterances."""
        for name in ("limit", "sample"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"expected a {name} of at least 1 utterance, found {number}; pass a larger --{name}")
        if self.balanced not in (None, "speaker"):
            raise InputError(f"expected --balanced speaker, found {self.balanced}; a sample is balanced by speaker")
        if self.balanced and self.sample is None:
            raise InputError("expected --sample with --balanced, found none; pass the number of utterances to draw")
        if self.sample is not None and self.limit is not None:
            raise InputError("expected --sample or --limit, found both; omit one of them")


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(SelectionOptions):
    """Say how to read a corpus; shared by all commands that read one corpus.

    Attributes:
        limit, speakers, utterances, sample, balanced, seed: as in `SelectionOptions`.
        format: name of the corpus format; None detects it.
        tier: TextGrid tier, or Lhotse alignment, of the phones.
        channel: channel of audio with several channels, from 0.
        phones: `39` folds phones to the 39, `own` keeps the symbols of the corpus, `auto` folds those of English; or
            the path of a table of symbols and phones (`otoscope.phones.read_folding`).

    Raises:
        InputError: an error of `SelectionOptions`, or `phones` is neither a name nor a table.

    Examples:
        >>> CorpusOptions(sample=24, balanced="speaker").phones
        'auto'
    """

    format: str | None = option(None, f"{', '.join(FORMATS.names())}; detected by default.")
    tier: str | None = option(None, "TextGrid tier of the phones.")
    channel: int | None = option(None, "Channel of audio with several, from 0.")
    phones: str = option("auto", "39, own, auto (39 for English), or a table (CSV, TSV) of symbol and phone.")

    def __post_init__(self) -> None:
        """Check the selection of utterances and the table of phones."""
        super().__post_init__()
        read_folding(self.phones)


@dataclass(frozen=True, kw_only=True)
class SpeechOptions(CorpusOptions):
    """Say how to load the model and read the corpus; shared by analyze, segment, rank, probe and prune.

    Attributes:
        limit, speakers, utterances, sample, balanced, seed, format, tier, channel, phones: as in `CorpusOptions`.
        device: torch device; `auto` takes a GPU if there is one.
        dtype: `float32`, `float64`, `bfloat16` or `float16`.
        recheck: run the self-check of the model again, which otherwise runs once for each model and machine.
        resume: continue an unfinished run with the same configuration. Finished parts are not computed again.
        strict: stop at the first utterance that cannot be used; otherwise skip it and list it in `run.skipped`.

    Raises:
        InputError: `limit` is less than 1.

    Examples:
        >>> SpeechOptions(limit=3).device
        'auto'
    """

    device: str = option("auto", "Torch device; auto takes a GPU if there is one.")
    dtype: str = option("float32", "float32, float64, bfloat16 or float16.")
    recheck: bool = option(False, "Run the model's self-check again.")
    resume: bool = option(False, "Continue an unfinished run.")
    strict: bool = option(False, "Stop at an utterance that cannot be used.")


def check_output(format: Sequence[str], forms: Collection[str], workers: int) -> None:
    """Check the forms of files that a command writes, and the number of its processes.

    Raises:
        InputError: no form, an unknown one, or fewer than one process.
    """
    unknown = [name for name in format if name not in forms]
    if unknown or not format:
        raise InputError(f"expected --format {', '.join(forms)}; found {unknown[0] if unknown else 'none'}")
    if workers < 1:
        raise InputError(f"expected --workers of at least 1, found {workers}; omit it for one process")


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """Say where a command computes. No value changes a number, as long as every worker has the same threads.

    Attributes:
        workers: processes on this machine, each with the model and its share of the threads.
        shard: `I/N`, the share of a task of a cluster; `all` ignores the variables of a SLURM array, which otherwise
            decide the share.
        ray: address of a Ray cluster, `auto`, or `local` for one on this machine.
        verify: of a run of `analyze` that is resumed, compare all bytes of the audio; otherwise sizes and dates. The
            other commands compare all bytes always.
        stall: seconds without progress after which one of several workers is replaced; None waits.

    Raises:
        InputError: `workers` is less than 1, `stall` is no positive number, or `workers` or `stall` contradicts `ray`.

    Examples:
        >>> ExecutionOptions(workers=2).shard is None
        True
    """

    workers: int = option(1, "Processes on this machine, each with the model.", "N")
    shard: str | None = option(None, "Measure share I of N of a folder that several tasks share.", "I/N|all")
    ray: str | None = option(None, "Ray cluster: its address, auto, or local.", "ADDRESS")
    verify: bool = option(False, "On --resume, compare all bytes of the audio, not sizes and dates alone.")
    stall: float | None = option(None, "Replace a worker that makes no progress for so many seconds.", "SECONDS")

    def __post_init__(self) -> None:
        """Check the number of workers and the time limit."""
        if self.workers < 1:
            raise InputError(f"expected --workers of at least 1, found {self.workers}; pass a larger number")
        if self.stall is not None and not self.stall > 0:
            raise InputError(f"expected --stall of more than 0 seconds, found {self.stall:g}; omit it to wait")
        if self.workers > 1 and self.ray is not None:
            raise InputError("expected --workers or --ray, found both; omit one of them")
        if self.stall is not None and self.ray is not None:
            raise InputError(
                "expected --stall with --workers, found it with --ray, whose own health checks replace nodes; omit it"
            )
