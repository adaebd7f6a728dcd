"""Peak memory of a forward pass in processes of their own: `python -m otoscope.refinement.peak_memory`."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from otoscope.errors import InputError

MIB = 2**20
RESET, PROCESS_STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def peak_memory(models: Sequence[str], seconds: Sequence[float]) -> dict[float, list[float]]:
    """Return the largest resident memory while a process runs a model on some seconds of audio; loading is over.

    Each measurement is a process of its own on the CPU, forked after the imports, before any model is loaded.

    Args:
        models: names or folders, see `load`.
        seconds: lengths of audio.

    Returns:
        MiB by length, in the order of the models.

    Raises:
        InputError: a process ended early, for instance for lack of memory.
    """
    command = [sys.executable, "-W", "ignore", "-m", "otoscope.refinement.peak_memory", json.dumps([models, seconds])]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        what = process.stderr.strip().rpartition("\n")[2]
        raise InputError(
            f"expected a process with enough memory for {what}, found that it ended early; use shorter audio"
        )
    peaks = iter(map(float, process.stdout.split()[-len(models) * len(seconds) :]))
    return {length: [next(peaks) for _ in models] for length in seconds}


def _run(model: str, seconds: float) -> float:
    import resource

    from otoscope.models.load import load
    from otoscope.refinement.timing import noise

    encoder = load(model, device="cpu")
    is_reset = _reset_peak()
    encoder.forward_unhooked([noise(encoder, seconds)])
    if is_reset:
        lines = PROCESS_STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def _reset_peak() -> bool:
    """Let the kernel forget the peak so far, that of the loading; return whether it did."""
    try:
        RESET.write_text("5", encoding="utf-8")
    except OSError:  # not Linux, or not allowed: the peak is that of loading and running
        return False
    return PROCESS_STATUS.exists()


def _print_in_fork(model: str, seconds: float) -> None:
    """Print the peak of a child process, and exit with its status where it fails."""
    if (child := os.fork()) == 0:
        status = 1
        try:
            print(_run(model, seconds), flush=True)
            status = 0
        finally:
            os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(f"{model} on {seconds:g} s of audio")


if __name__ == "__main__":
    import otoscope.models.load
    import otoscope.refinement.timing  # noqa: F401

    models, lengths = json.loads(sys.argv[1])
    for length in lengths:
        for model in models:
            _print_in_fork(model, length)
