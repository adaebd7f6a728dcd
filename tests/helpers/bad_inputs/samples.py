"""The valid inputs from which bad ones are made."""

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.helpers.bad_inputs.attempt import Samples

from otoscope import bundled

COMMANDS = {
    "heads": ("analyze", "{model}", "{corpus}", "-o", "{run}"),
    "rank": ("rank", "{model}", "{corpus}", "-o", "{run}", "--by", "weight"),
    "probe": ("probe", "{model}", "{corpus}", "-o", "{run}", "--probes", "hidden-error", "--seeds", "1"),
    "prune": (
        "prune",
        "{model}",
        "{corpus}",
        "-o",
        "{run}",
        "--by",
        "weight",
        "--probes",
        "hidden-error",
        "--spans",
        "",
    ),
    "segment": ("segment", "bundled", "bundled", "-o", "{run}", "--limit", "10", "--validation", "kal16"),
}


def make_samples(
    root: Path, run: Callable[[Callable[[], None], Path], tuple[int, str]], kinds: Iterable[str] = tuple(COMMANDS)
) -> Samples:
    """Make a tiny model, a tiny corpus and a run of each kind.

    Args:
        root: folder for all.
        run: calls a function, and returns its exit status and standard error; the path is for its output.
        kinds: of the runs.

    Raises:
        RuntimeError: a command on valid input fails.
    """
    model, corpus = root / "model", root / "corpus"
    _check(run(lambda: _save_model(model), root / "model-output"))
    for voice in ("awb", "rms"):
        (corpus / voice).mkdir(parents=True)
        for audio in sorted((bundled.speech() / voice).glob("*.flac"))[:2]:
            shutil.copy(audio, corpus / voice)
            shutil.copy(audio.with_suffix(".TextGrid"), corpus / voice)
    runs = {kind: root / f"{kind}-run" for kind in kinds}
    for kind in kinds:
        command = COMMANDS[kind]
        paths = {"model": str(model), "corpus": str(corpus), "run": str(runs[kind])}
        _check(run(lambda command=command, paths=paths: _otoscope(command, paths), root / f"{kind}-output"))
    return Samples(model, corpus, runs)


def _save_model(folder: Path) -> None:
    from tests.helpers.speech_samples import save_tiny_model

    folder.mkdir()
    save_tiny_model(folder)


def _otoscope(command: tuple[str, ...], paths: dict[str, str]) -> None:
    from otoscope.cli import main

    sys.argv = ["otoscope", *(argument.format(**paths) for argument in command)]
    main()


def _check(ended: tuple[int, str]) -> None:
    if ended[0]:
        raise RuntimeError(ended[1])
