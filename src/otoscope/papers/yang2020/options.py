"""Options of the reproduction. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.runs.options import ExecutionOptions, SelectionOptions, option


@dataclass(frozen=True)
class ReproductionOptions:
    """Options of a reproduction.

    Attributes:
        size: `small` for a CPU, `large` as published, for a GPU.
        recipes: folder of `m3.toml`, `m6.toml` and `m9.toml` that replaces those of `size`.
        alignments: folder of TextGrids of the corpora with speakers, if they are not in the folders of the audio.
        seeds: number of trainings of M3, to measure the variance between trainings.
        device: torch device; `auto` takes a GPU if there is one.
        jobs: number of stages that run at the same time, each with its share of the threads. The last digits of a
            training depend on the number of threads.
        workers: processes of each stage that measures a model, each with its share of the threads; for `jobs` of 1.
        ray: Ray cluster on which the stages that measure a model compute; for `jobs` of 1.
        shard: `I/N`, the share of a task of an array, for `jobs` of 1; `all` ignores the variables of a SLURM array,
            which otherwise decide the share.
        limit: number of utterances of each corpus to evaluate on, the first of it; None uses all.
        sample: number of utterances to draw at random of each corpus to evaluate on; None uses all.
        balanced: `speaker` draws the same number of utterances of each speaker, up to 1.
        sample_seed: seed of the sample.

    Examples:
        >>> ReproductionOptions(seeds=1).size
        'small'
    """

    size: str = option("small", "small, for a CPU, or large, as published, for a GPU.")
    recipes: Path | None = field(
        default=None, metadata={"help": "m3.toml, m6.toml and m9.toml instead of those of --size.", "metavar": "DIR"}
    )
    alignments: Path | None = field(
        default=None, metadata={"help": "TextGrids of --speakers, if they are not with the audio.", "metavar": "DIR"}
    )
    seeds: int = option(3, "Number of trainings of M3.")
    device: str = option("auto", "Torch device; auto uses a GPU if there is one.")
    jobs: int = option(1, "Stages that run at the same time, each with its share of the cores.")
    workers: int = option(1, "Processes of each stage that measures a model.", "N")
    ray: str | None = option(None, "Ray cluster of each stage that measures a model.", "ADDRESS")
    shard: str | None = option(None, "Do share I of N of a folder that the tasks of an array share.", "I/N|all")
    limit: int | None = option(None, "Evaluate on the first N utterances of each corpus, in the order of ids.", "N")
    sample: int | None = option(None, "Evaluate on N utterances of each corpus, drawn at random.", "N")
    balanced: str | None = option(None, "speaker: draw equally many of each speaker.", "speaker")
    sample_seed: int = option(0, "Seed of --sample.")

    @property
    def execution(self) -> ExecutionOptions:
        """Return where stages that measure a model compute. Raise InputError if options contradict each other."""
        return ExecutionOptions(workers=self.workers, ray=self.ray, shard=self.shard)

    @property
    def selection(self) -> SelectionOptions:
        """Return which utterances of each corpus are used. Raise InputError if options contradict each other."""
        return SelectionOptions(limit=self.limit, sample=self.sample, balanced=self.balanced, seed=self.sample_seed)
