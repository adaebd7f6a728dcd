"""Start what imports slow modules for workers early, while the command imports its own. Imports no torch."""

from collections.abc import Sequence

from otoscope.runs.executors.processes import start_server
from otoscope.runs.options import ExecutionOptions


def start_workers(execution: ExecutionOptions, modules: Sequence[str] = ()) -> None:
    """Start the server of processes if the options ask for several.

    Args:
        execution: where to compute.
        modules: names of modules that the work of this command needs, more than every work needs.
    """
    if execution.workers > 1:
        start_server(modules)
