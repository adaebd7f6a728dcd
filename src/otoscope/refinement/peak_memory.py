"""Peak memory of a process that loads a model and runs it once: `python -m otoscope.refinement.peak_memory`."""

import subprocess
import sys

MIB = 2**20


def peak_memory(model: str, seconds: float) -> float:
    """Largest resident memory in MiB of a fresh process that loads a model and runs it on some seconds of audio."""
    command = [sys.executable, "-W", "ignore", "-m", "otoscope.refinement.peak_memory", model, str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def _run(model: str, seconds: float) -> float:
    import resource

    from otoscope.models.load import load
    from otoscope.refinement.timing import noise

    encoder = load(model, device="cpu")
    encoder.forward_unhooked([noise(encoder, seconds)])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


if __name__ == "__main__":
    print(_run(sys.argv[1], float(sys.argv[2])))
