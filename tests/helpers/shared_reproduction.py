"""Reproduce M3 as two tasks of an array: `python -m tests.helpers.shared_reproduction ROOT`.

ROOT has the reproduction of `killed_reproduction`, from which M6 and M9 are copied. The tasks run in turn, and some are
killed. Standard output has the share of each, the stage in which it was to be killed, and its exit status.
"""

import shutil
import sys
from pathlib import Path

from tests.helpers.killed_reproduction import in_child
from tests.helpers.paper_corpora import paper_paths

NAME = "shared"
NOWHERE = "-"
TASKS = (
    ("1/2", NOWHERE),  # M3 is trained by the other task
    ("2/2", "m3/pretraining"),
    ("2/2", NOWHERE),
    ("1/2", "m3/heads"),
    ("2/2", "m3/pruning-phones"),
    ("1/2", NOWHERE),
    ("2/2", NOWHERE),
    ("1/2", NOWHERE),
)
"""Shares of the tasks, and the stage in which each is killed."""


def copy_others(root: Path) -> None:
    """Copy the finished reproduction without its results and without what belongs to M3."""
    lacking = shutil.ignore_patterns("m3*", "results", "report.html", ".*")
    shutil.copytree(root / "out", root / NAME, ignore=lacking)
    (root / NAME / "results").mkdir()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    copy_others(folder)
    for share, kill_at in TASKS:
        status = in_child(folder, paper_paths(folder), kill_at, shard=share, name=NAME)
        print(share, kill_at, status, sep="\t", flush=True)
