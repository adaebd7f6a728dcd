"""How long the threads of OpenMP, with which torch computes on Linux, keep a core busy while they wait for work."""

import os
import sys
from typing import Final

SPIN_COUNT: Final = "2000"  # rounds of waiting, microseconds; GNU's default of 300,000 takes milliseconds
WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def shorten_waiting() -> None:
    """Let idle threads sleep soon, unless the user has decided how they wait.

    The attention kernel computes in threads of its own. After each operation of torch, the threads of OpenMP hold their
    cores for milliseconds, and the kernel shares them. The variables are read when torch is imported: later it is too
    late, and nothing is set.
    """
    if "torch" not in sys.modules and not any(variable in os.environ for variable in WAITING):
        os.environ["GOMP_SPINCOUNT"] = SPIN_COUNT
