"""What cannot be refined, tuned, probed or measured: each is refused, with one line and status 2."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.bad_inputs.attempt import Attempt, Samples

OUT = ("-o", "{here}/out")
METHODS = ("heads", "widths", "merge", "low-rank", "patterns", "spans", "head-spans")
Prepare = Callable[[Path, Samples], None]


def refinement_attempts() -> Iterator[Attempt]:
    """Yield a command that must be refused each."""
    yield from _budgets()
    yield from _tasks()
    yield from _models()
    yield from _tunings()


def _budgets() -> Iterator[Attempt]:
    for method in METHODS:
        for budget in ("0.001", "nan", "1", "0"):
            yield _refused(f"--budget-macs {budget}, {method}", ("--budget-macs", budget, "--method", method))
    both = ("--budget-macs", "0.9", "--budget-latency", "0.9")
    yield _refused("two budgets", both)
    yield _refused("no latency", ("--budget-latency", "0"))
    yield _refused("no seconds", ("--budget-latency", "0.5", "--budget-seconds", "0"))
    yield _refused("a day of seconds", ("--budget-macs", "0.5", "--budget-seconds", "86400"))
    yield _refused("seconds without a budget", ("--span", "4", "--budget-seconds", "5"))
    yield _refused("a method without a budget", ("--method", "merge"))
    yield _refused("spans within a span", ("--budget-macs", "0.9", "--method", "spans", "--span", "9"))
    yield _refused("a portable pattern", ("--budget-macs", "0.9", "--method", "patterns", "--portable"))


def _tasks() -> Iterator[Attempt]:
    """Task probes of models and corpora without the head, the decoder or the text that they need."""
    for probe in ("wer", "ctc", "accuracy"):
        prune = ("prune", "{model}", "{corpus}", *OUT, "--by", "weight", "--probes", probe, "--spans", "")
        yield Attempt("refine", f"prune: {probe} without its head", prune, is_refused=True)
        yield Attempt(
            "refine",
            f"probe: {probe} without its head",
            ("probe", "{model}", "{corpus}", *OUT, "--probes", probe),
            is_refused=True,
        )
        yield _refused(f"--improve {probe} without its head", ("--improve", probe), "{corpus}")
    yield _refused("--improve without a corpus", ("--improve", "phone"))
    yield _refused("--improve hidden-error", ("--improve", "hidden-error"), "{corpus}")
    yield _refused("--improve with a span", ("--improve", "phone", "--span", "4"), "{corpus}")
    task = ("--budget-macs", "0.9", "--loss", "task")
    yield _refused("the loss of a task without a head", task, "{corpus}")
    yield _refused("the loss of a task without texts", task, "{here}/silent", "{here}/whole", _transcriber)
    yield _refused("--improve wer without texts", ("--improve", "wer"), "{here}/silent", "{here}/whole", _transcriber)
    silent = ("bench", "{here}/whole", "--corpus", "{here}/silent", "--seconds", "1")
    yield Attempt("refine", "bench of a transcriber without texts", silent, _transcriber, is_refused=True)
    for seconds in ("1e6", "0.00001", "31"):
        yield Attempt(
            "refine", f"bench of {seconds} s", ("bench", "{here}/whole", "--seconds", seconds), _transcriber, True
        )


def _models() -> Iterator[Attempt]:
    merge = ("--budget-macs", "0.95", "--method", "merge")
    yield _refused("a merge of one head", merge, "{corpus}", "{here}/one", _with_one_head)
    span, spans = ("--span", "9"), ("--budget-macs", "0.95", "--method", "head-spans")
    for name, options in (("a wider span", span), ("other spans", spans)):
        yield _refused(f"{name} than that of the model", options, "{corpus}", "{here}/narrow", _with_spans)
    yield _refused("layers that share weights", ("--span", "4"), "", "{here}/shared", _with_shared_layers)


def _tunings() -> Iterator[Attempt]:
    tuned = ("--span", "4", "--tune", "2")
    yield _refused("speech too short to tune on", tuned, "{here}/short", prepare=_short_speech)
    yield _refused("--tune without speech", tuned)
    yield _refused("--tune 0", ("--span", "4", "--tune", "0"), "{corpus}")
    yield _refused("--tune-rank without --tune", ("--span", "4", "--tune-rank", "2"), "{corpus}")
    yield _refused("logits without --tune", ("--span", "4", "--tune-target", "logits"), "{corpus}")
    yield _refused("logits without a head", (*tuned, "--tune-target", "logits"), "{corpus}")
    yield _refused("an unknown target", (*tuned, "--tune-target", "beauty"), "{corpus}")


def _nothing(here: Path, samples: Samples) -> None:
    """Write nothing."""


def _refused(
    name: str,
    options: tuple[str, ...],
    corpus: str = "",
    model: str = "{model}",
    prepare: Prepare = _nothing,
) -> Attempt:
    speech = (corpus,) if corpus else ()
    return Attempt("refine", name, ("refine", model, *speech, *OUT, *options), prepare, is_refused=True)


def _transcriber(here: Path, samples: Samples) -> None:
    """Save a model with a decoder, and speech without texts."""
    from tests.helpers.saved_transcriber import save_transcriber

    save_transcriber(here / "whole", seconds=6)
    _write_waves(here / "silent", seconds=1.0)


def _short_speech(here: Path, samples: Samples) -> None:
    _write_waves(here / "short", seconds=1.0)


def _write_waves(folder: Path, seconds: float) -> None:
    import soundfile
    from tests.helpers.tiny_models import noise

    for speaker in "ab":
        (folder / speaker).mkdir(parents=True)
        soundfile.write(folder / speaker / f"{speaker}.wav", noise(seconds), 16000)


def _with_one_head(here: Path, samples: Samples) -> None:
    from otoscope import refine

    refine(samples.model, here / "one", remove=[(layer, head) for layer in range(2) for head in range(2)])


def _with_spans(here: Path, samples: Samples) -> None:
    from otoscope import RefinementOptions, refine

    refine(samples.model, here / "narrow", options=RefinementOptions(span=3))


def _with_shared_layers(here: Path, samples: Samples) -> None:
    """Write a configuration whose layers share their weights."""
    import shutil

    shutil.copytree(samples.model, here / "shared")
    path = here / "shared" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"share_layer": True}))
