"""Reproduce, killed once within every stage of M3, then to the end: `python -m tests.helpers.killed_reproduction ROOT`.

Each attempt is a process of its own, forked before anything runs. ROOT/attempted-out gets the name of every stage that
is executed; standard output reports how each attempt ended.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from tests.helpers.paper_corpora import PaperCorpora, paper_corpora

from otoscope.errors import UnfinishedError
from otoscope.papers import stage as stage_module
from otoscope.papers.yang2020 import reproduce, stages
from otoscope.papers.yang2020.corpora import make_corpora
from otoscope.papers.yang2020.models import make_models
from otoscope.papers.yang2020.options import ReproductionOptions
from otoscope.pruning.prune import prune
from otoscope.refinement.bench import Bench, Cost
from otoscope.refinement.timing import MedianRange
from otoscope.runs.executors.share import ALL

WRITES = 3  # files or folders that are written to disk within a stage before the kill
SEEDS = 1
FAILED, UNFINISHED = 1, 3  # exit statuses of an attempt


def small_prune(*arguments, schedule, probing, **options):
    """Prune with fewer networks and curves than the command."""
    small = replace(schedule, step=0.5, spans=(4,)), replace(probing, seeds=1)
    return prune(*arguments, schedule=small[0], probing=small[1], **options)


def instant_bench(model, against, seconds):
    """Return what `bench` returns, without the processes that it starts."""
    cost = Cost(MedianRange(0.1, 0.1, 0.2), {"attention": 10}, 100.0)
    costs = dict.fromkeys(seconds, (cost, cost))
    return Bench(
        (str(model), str(against)), (5, 10), (1, 2), costs, {length: MedianRange(2, 1, 3) for length in seconds}
    )


def attempt(root: Path, paths: PaperCorpora, kill_at: str, shard: str = ALL, name: str = "out") -> None:
    """Make one call, which is killed when the stage `kill_at` has written something.

    `shard` is the share of the call, and `name` the folder in `root` that it writes.
    """
    sync, execute, written, killing = os.fsync, stage_module.execute, [0], [False]

    def counted_sync(descriptor: int) -> None:
        written[0] += killing[0]
        if written[0] == WRITES:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    def logged_execute(stage, earlier):
        with (root / f"attempted-{name}").open("a") as lines:
            lines.write(f"{stage.name}\n")
        killing[0] = stage.name == kill_at
        return execute(stage, earlier)

    os.fsync, stage_module.execute, stages.bench = counted_sync, logged_execute, instant_bench
    stages.prune = small_prune
    options = ReproductionOptions(
        recipes=paths.recipes, alignments=paths.alignments, seeds=SEEDS, device="cpu", shard=shard
    )
    reproduce.reproduce([paths.pretrain], paths.phones, paths.speakers, root / name, options)


def in_child(root: Path, paths: PaperCorpora, kill_at: str, **place: str) -> int:
    """Return how a forked attempt ended: its exit status, or the negative number of the signal."""
    child = os.fork()
    if child == 0:
        status = FAILED
        try:
            attempt(root, paths, kill_at, **place)
            status = 0
        except UnfinishedError as unfinished:
            print(unfinished, file=sys.stderr)
            status = UNFINISHED
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stage_names(root: Path, paths: PaperCorpora) -> list[str]:
    """Return the name of every stage of M3; those of M6 and M9 are of the same kinds."""
    corpora = make_corpora([str(paths.pretrain)], str(paths.phones), [str(paths.speakers)])
    models = make_models(paths.recipes, corpora.pretrain, corpora.held_out, SEEDS)
    names = [stage.name for stage in stages.make_stages(stages.ReproductionJob(models, corpora, root))]
    return [name for name in names if name.startswith("m3/")]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    paper = paper_corpora(folder)
    for name in [*stage_names(folder, paper), "the end"]:
        print(name, in_child(folder, paper, name), sep="\t", flush=True)
