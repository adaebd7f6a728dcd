"""Time until something happens: whole processes of the command line, and loading a model.

`load-whisper` needs whisper-tiny.en in OTOSCOPE_MODELS, `heads` timit-sample in OTOSCOPE_CORPORA. A first load finds no
record of a self-check, a second one does; the time is that of the whole process, imports included.

    python benchmarks/startup.py [ROW ...]
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from harness import CORPORA, MODELS, Row, Rows, Work, require_path, run_python, run_rows, time_row
from model import save_model
from otoscope import Encoder, load
from otoscope.head_weights import WEIGHT_MEASURES
from otoscope.head_weights.projections import read_projections
from otoscope.head_weights.weights import measure_weights

LOAD = "import sys; from otoscope import load; load(sys.argv[1], device='cpu')"
TRANSFORMERS = "from transformers import WhisperModel"


def otoscope(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "otoscope", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def heads_row() -> Iterator[Row]:
    corpus = require_path(CORPORA / "timit-sample")
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        otoscope("analyze", "bundled", corpus, "--limit", 12, "-o", run)
        yield time_row("otoscope --version", partial(otoscope, "--version"))
        yield time_row("otoscope heads RUN", partial(otoscope, "heads", run), goal="at most 0.5 s")


def load_anew(load: Work, cache: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    load()


def load_row() -> Iterator[Row]:
    model = require_path(MODELS / "whisper-tiny.en")
    with tempfile.TemporaryDirectory() as cache:
        folder = Path(cache) / "otoscope"
        environment = {"XDG_CACHE_HOME": cache}
        load = partial(run_python, "-c", LOAD, model, environment=environment)
        first = partial(load_anew, load, folder)
        yield time_row("- import of transformers' WhisperModel alone", partial(run_python, "-c", TRANSFORMERS))
        yield time_row("load of whisper-tiny.en, first time", first, 3, "at most 6 s")
        yield time_row("load of whisper-tiny.en, second time", load, 3, "at most 3 s")


def demo() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        otoscope("demo", "-o", scratch)


def demo_row() -> list[Row]:
    return [time_row("otoscope demo, the command of make demo", demo, 3, "at most 12 s")]


def weights(model: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        otoscope("weights", model, "-o", Path(scratch) / "run")


def measures(encoder: Encoder) -> None:
    measure_weights(read_projections(encoder), WEIGHT_MEASURES.select())


def weights_row() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        model = save_model(Path(scratch), layers=12)
        yield time_row("otoscope weights, shape of hubert-base", partial(weights, model), 3)
        torch.set_num_threads(2)
        yield time_row("- its measures alone", partial(measures, load(model, device="cpu")), 3, "at most 5 s")


ROWS: Rows = {"heads": heads_row, "load-whisper": load_row, "demo": demo_row, "weights": weights_row}

if __name__ == "__main__":
    run_rows(ROWS)
