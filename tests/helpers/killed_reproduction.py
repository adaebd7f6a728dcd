"""Reproduce, killed once within every stage of M3, then to the end: `python killed_reproduction.py ROOT`.

Each attempt is a process of its own, forked before anything runs. ROOT/attempted gets the name of every stage that is
attempted; standard output says how each attempt ended.
"""

import os
import signal
import sys
from functools import partial
from pathlib import Path

from tests.helpers.paper_corpora import PaperCorpora, paper_corpora

from otoscope.papers.yang2020 import pipeline as stages
from otoscope.papers.yang2020 import reproduce
from otoscope.papers.yang2020 import workflow as stage
from otoscope.papers.yang2020.corpora import corpora
from otoscope.papers.yang2020.models import models
from otoscope.pruning.prune import prune
from otoscope.refinement.bench import Bench, Cost
from otoscope.refinement.timing import Spread

WRITES = 3  # of files or folders that reach the disk within a stage before the kill
SEEDS = 1


def no_time_to_bench(model, against, seconds):
    """What `bench` would find, without the processes that it starts."""
    cost = Cost(Spread(0.1, 0.1, 0.2), {"attention": 10}, 100.0)
    costs = dict.fromkeys(seconds, (cost, cost))
    return Bench((str(model), str(against)), (5, 10), (1, 2), costs, {length: Spread(2, 1, 3) for length in seconds})


def attempt(root: Path, paths: PaperCorpora, kill_at: str) -> None:
    """One call, which ends when the stage `kill_at` has written something."""
    sync, do, written, killing = os.fsync, stage._attempt, [0], [False]

    def counted(descriptor: int) -> None:
        written[0] += killing[0]
        if written[0] == WRITES:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    def attempted(one, before):
        with (root / "attempted").open("a") as lines:
            lines.write(f"{one.name}\n")
        killing[0] = one.name == kill_at
        return do(one, before)

    os.fsync, stage._attempt, stages.bench = counted, attempted, no_time_to_bench
    stages.prune = partial(prune, seeds=1, step=0.5, spans=(4,))  # fewer nets and curves than a person gets
    reproduce.reproduce(
        [paths.pretrain],
        paths.phones,
        paths.speakers,
        root / "out",
        recipes=paths.recipes,
        alignments=paths.alignments,
        seeds=SEEDS,
        device="cpu",
    )


def in_child(root: Path, paths: PaperCorpora, kill_at: str) -> int:
    """How a forked attempt ended: its exit status, or the signal below zero."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            attempt(root, paths, kill_at)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stage_names(root: Path, paths: PaperCorpora) -> list[str]:
    """Every stage of M3, so that none is forgotten; those of M6 and M9 are of the same kinds."""
    heard = corpora([str(paths.pretrain)], str(paths.phones), [str(paths.speakers)])
    trained = models(paths.recipes, heard.pretrain, heard.held_out, SEEDS)
    names = [one.name for one in stages.stages(stages.Work(trained, heard, root))]
    return [name for name in names if name.startswith("m3/")]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    given = paper_corpora(folder)
    for name in [*stage_names(folder, given), "the end"]:
        print(name, in_child(folder, given, name), sep="\t", flush=True)
