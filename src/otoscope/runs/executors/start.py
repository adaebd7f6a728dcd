"""Start what imports slow modules for workers, early: while the command imports its own. Imports no torch."""

from collections.abc import Sequence

from otoscope.runs.executors.processes import PRELOADED, start_server
from otoscope.runs.executors.ray_cluster import LOCAL, start_local
from otoscope.runs.options import ExecutionOptions


def start_workers(execution: ExecutionOptions, modules: Sequence[str] = ()) -> None:
    """Start the server of processes, or Ray on this machine, if the options ask for one of them.

    Args:
        execution: where to compute.
        modules: names of modules that the work of this command needs, more than every work needs.
    """
    if execution.workers > 1:
        start_server(modules)
    if execution.ray == LOCAL:
        start_local([*PRELOADED, *modules])
