"""Soak an array of tasks on one run folder: random kills and restarts until the run is finished, many times.

    python scripts/soak_array.py [--repeats 50] [--tasks 8] [--limit 24] [--seed 0]

Each repeat starts the tasks as processes, kills a random one with SIGKILL at random times, starts it again,
and compares the run with one of a single process, to the last bit.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from otoscope.results import Run, open_run
from otoscope.results.status import run_status

TASK = "from otoscope.analysis import shard_plan; shard_plan.SHARD_SECONDS = 1.0; from otoscope.cli import main; main()"
"""A task whose shards have a second of audio, so that kills come between them."""
KILL_SECONDS = 12.0  # between two kills, at most


def main() -> None:
    """Repeat the soak, and print the counts."""
    options = _options()
    choices, kills, finishes = random.Random(options.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        _start(Path(folder, "whole"), None, options).wait()
        whole = open_run(Path(folder, "whole"))
        for repeat in range(options.repeats):
            out = Path(folder, f"run-{repeat}")
            kills += _soak(out, options, choices)
            finishes += _same_bits(open_run(out), whole)
            print(f"{repeat + 1} runs: {finishes} with the bits of one process, {kills} kills", flush=True)
    sys.exit(finishes != options.repeats)


def _soak(out: Path, options: argparse.Namespace, choices: random.Random) -> int:
    """Run the tasks until the run is finished; return the number of kills."""
    kills, tasks = 0, {number: _start(out, number, options) for number in range(1, options.tasks + 1)}
    while not _is_finished(out):
        time.sleep(choices.uniform(0, KILL_SECONDS))
        alive = [number for number, task in tasks.items() if task.poll() is None]
        if alive:
            victim = choices.choice(alive)
            tasks[victim].kill()
            tasks[victim].wait()
            kills += 1
        for number, task in tasks.items():
            if task.poll() not in (None, 0):  # killed, or it met the finish of another
                tasks[number] = _start(out, number, options)
        if not alive and not _is_finished(out):  # all ended between a kill and the last shard
            tasks = {number: _start(out, number, options) for number in tasks}
    for task in tasks.values():
        task.wait()
    return kills


def _start(out: Path, number: int | None, options: argparse.Namespace) -> "subprocess.Popen[bytes]":
    share = [] if number is None else ["--shard", f"{number}/{options.tasks}"]
    command = ["analyze", "bundled", "bundled", "-o", str(out), "--limit", str(options.limit), *share]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", TASK, *command], env=environment, stdout=subprocess.DEVNULL)


def _is_finished(out: Path) -> bool:
    return (out / "run.json").is_file() and run_status(out).finished


def _same_bits(a: Run, b: Run) -> bool:
    return bool(a.dataset.load().drop_attrs().identical(b.dataset.load().drop_attrs()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("repeats", 50), ("tasks", 8), ("limit", 24), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
