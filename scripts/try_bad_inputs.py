"""Try bad inputs on every command: no traceback, exit status 0 or 2, one line, nothing half-written.

    python scripts/try_bad_inputs.py [--kind KIND] [--every N] [--name TEXT]

Each attempt is a process of its own, forked after the imports. The script prints every attempt that goes wrong, then
counts by kind, and exits with status 1 if any went wrong.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.helpers.bad_inputs import Attempt, all_attempts, check
from tests.helpers.bad_inputs.attempt import Samples, contents
from tests.helpers.bad_inputs.samples import COMMANDS, make_samples

import otoscope.analysis.analyze
import otoscope.pretraining.pretrain
import otoscope.probing.probe
import otoscope.pruning.prune
import otoscope.refinement.refine
import otoscope.segmentation.segment  # noqa: F401
from otoscope.cli import main as otoscope_main

MAX_SECONDS = 100
"""A command that takes longer has stopped."""


def run_forked(work: Callable[[], None], output: Path) -> tuple[int, str]:
    """Return the exit status (negative: a signal) and the standard error of a child process."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for name, stream in (("out", 1), ("err", 2)):
                os.dup2(os.open(output.with_suffix(f".{name}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
            signal.alarm(MAX_SECONDS)
            work()
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, output.with_suffix(".err").read_text(errors="replace")


def run_attempt(attempt: Attempt, samples: Samples, folder: Path) -> tuple[int, str, str | None]:
    """Return the exit status, standard error, and what is wrong (None if nothing)."""
    here = folder / "here"
    here.mkdir(parents=True)
    attempt.prepare(here, samples)
    before = contents(here)

    def work() -> None:
        os.chdir(here)
        sys.argv = ["otoscope", *attempt.command(here, samples)]
        otoscope_main()

    status, err = run_forked(work, folder / "output")
    return status, err, check(status, err, before, contents(here), is_refused=attempt.is_refused)


def needed_runs(attempts: Sequence[Attempt]) -> list[str]:
    """Return the kinds of runs that some attempts name."""
    named = {argument for attempt in attempts for argument in attempt.arguments}
    return [kind for kind in COMMANDS if any(f"{{{kind}}}" in argument for argument in named)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", help="only attempts of this kind")
    parser.add_argument("--name", default="", help="only attempts whose name contains this text")
    parser.add_argument("--every", type=int, default=1, help="only every N-th attempt")
    parser.add_argument("--list", action="store_true", help="print the last line of every attempt")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    attempts = [attempt for attempt in all_attempts() if options.kind in (None, attempt.kind)]
    attempts = [attempt for attempt in attempts if options.name in attempt.name][:: options.every]
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as root:
        os.environ["OTOSCOPE_CACHE"] = f"{root}/cache"
        samples = make_samples(Path(root), run_forked, needed_runs(attempts))
        for number, attempt in enumerate(attempts):
            status, err, wrong = run_attempt(attempt, samples, Path(root, str(number)))
            counts[attempt.kind, "wrong" if wrong else f"exit status {status}"] += 1
            if wrong:
                print(f"WRONG {attempt.kind}: {attempt.name}\n    {wrong}", flush=True)
            elif options.list:
                print(f"{attempt.kind}: {attempt.name}: {status} {err.strip()[-250:]}", flush=True)
    for (kind, result), count in sorted(counts.items()):
        print(f"{kind:15} {result:15} {count:5}")
    print(f"{sum(counts.values())} attempts")
    sys.exit(any(result == "wrong" for _, result in counts))


if __name__ == "__main__":
    main()
