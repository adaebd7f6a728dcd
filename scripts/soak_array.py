"""Soak an array of tasks on one run folder: random kills and restarts until the run is finished, many times.

    python scripts/soak_array.py [--repeats 50] [--tasks 8] [--limit 24] [--kills 12] [--kill-seconds 6] [--seed 0]

Each repeat starts the tasks as processes, kills a random one with SIGKILL at random times, starts it again (so many
times, then it lets the tasks end), and compares the run with one of a single process, to the last bit.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from otoscope.results import Run, open_run
from otoscope.results.status import run_status

SECONDS = 1.0
"""Audio of a shard, so that kills come between them."""
PRELOADED = ["torch", "transformers.modeling_utils", "scipy.signal", "lhotse", "xarray", "zarr"]
"""Modules that load slowly: a task is forked from a server that has imported them."""


def main() -> None:
    """Repeat the soak, and print the counts."""
    options = _options()
    choices, kills, finishes = random.Random(options.seed), 0, 0
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder:
        _start(context, Path(folder, "whole"), "all", options.limit).join()
        whole = open_run(Path(folder, "whole"))
        for repeat in range(options.repeats):
            out = Path(folder, f"run-{repeat}")
            kills += _soak(context, out, options, choices)
            finishes += _same_bits(open_run(out), whole)
            print(f"{repeat + 1} runs: {finishes} with the bits of one process, {kills} kills", flush=True)
    sys.exit(finishes != options.repeats)


def _soak(context: ForkServerContext, out: Path, options: argparse.Namespace, choices: random.Random) -> int:
    """Run the tasks until the run is finished; return the number of kills."""
    shares = [f"{number + 1}/{options.tasks}" for number in range(options.tasks)]
    kills, tasks = 0, {share: _start(context, out, share, options.limit) for share in shares}
    while not _is_finished(out):
        time.sleep(choices.uniform(0, options.kill_seconds))
        alive = [share for share, task in tasks.items() if task.is_alive()]
        if alive and kills < options.kills:
            victim = choices.choice(alive)
            tasks[victim].kill()
            tasks[victim].join()
            kills += 1
        for share, task in tasks.items():
            is_failed = not task.is_alive() and task.exitcode != 0  # killed, or it met the finish of another
            if is_failed or not alive:  # all ended between a kill and the last shard
                tasks[share] = _start(context, out, share, options.limit)
    for task in tasks.values():
        task.join()
    return kills


def _start(context: ForkServerContext, out: Path, share: str, limit: int) -> BaseProcess:
    task = context.Process(target=_task, args=(out, share, limit), daemon=True)
    task.start()
    return task


def _task(out: Path, share: str, limit: int) -> None:
    """Run the command of a task, with short shards and one thread."""
    import torch

    from otoscope.analysis import shard_plan
    from otoscope.cli import main as run_command

    torch.set_num_threads(1)
    shard_plan.SHARD_SECONDS = SECONDS
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.argv = ["otoscope", "analyze", "bundled", "bundled", "-o", str(out), "--limit", str(limit), "--shard", share]
    run_command()


def _is_finished(out: Path) -> bool:
    return (out / "run.json").is_file() and run_status(out).finished


def _same_bits(a: Run, b: Run) -> bool:
    return bool(a.dataset.load().drop_attrs().identical(b.dataset.load().drop_attrs()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("repeats", 50), ("tasks", 8), ("limit", 24), ("kills", 12), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kill-seconds", type=float, default=6.0, help="time between two kills, at most")
    return parser.parse_args()


if __name__ == "__main__":
    main()
