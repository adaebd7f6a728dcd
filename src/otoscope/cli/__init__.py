"""The command line: one file per command, each of which parses, makes one call, and prints."""

import atexit
import gc
import sys
from collections.abc import Callable, Iterable
from errno import EACCES, ENAMETOOLONG, EPERM
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from otoscope._io.output import degrade_output, shorten_warnings
from otoscope.adaptation.options import AdaptationOptions
from otoscope.alignment.options import WordOptions
from otoscope.analysis.decoder_options import DecoderOptions
from otoscope.attention_sinks.options import SinkOptions
from otoscope.attribution.options import FaithfulnessOptions
from otoscope.cli.align import align
from otoscope.cli.analyze import analyze
from otoscope.cli.bench import bench
from otoscope.cli.boundaries import boundaries
from otoscope.cli.check import check
from otoscope.cli.compare import compare
from otoscope.cli.convert import convert
from otoscope.cli.dataclass_options import options_command
from otoscope.cli.decoder import decoder
from otoscope.cli.demo import demo
from otoscope.cli.dynamics import dynamics
from otoscope.cli.faithfulness import faithfulness
from otoscope.cli.figures import FigureOptions, figures
from otoscope.cli.heads import HeadListOptions, heads
from otoscope.cli.layers import layers
from otoscope.cli.merge import merge
from otoscope.cli.models import models
from otoscope.cli.patch import patch
from otoscope.cli.pretrain import pretrain
from otoscope.cli.probe import probe
from otoscope.cli.prune import prune
from otoscope.cli.rank import rank
from otoscope.cli.refine import refine
from otoscope.cli.relations import relations
from otoscope.cli.reproduce import reproduce
from otoscope.cli.segment import segment
from otoscope.cli.show import show
from otoscope.cli.sinks import sinks
from otoscope.cli.status import status
from otoscope.cli.view import view
from otoscope.cli.weights import weights
from otoscope.cli.words import words
from otoscope.comparison.options import ComparisonOptions
from otoscope.errors import InputError, UnfinishedError, escape_undecodable
from otoscope.head_weights.options import WeightOptions
from otoscope.importance.options import RankingOptions
from otoscope.papers.yang2020.options import ReproductionOptions
from otoscope.patching.options import PatchOptions
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.refinement.bench_options import BenchOptions
from otoscope.refinement.options import RefinementOptions
from otoscope.relations.options import RelationOptions
from otoscope.representations.options import LayerOptions
from otoscope.runs.options import CorpusOptions, ExecutionOptions, SelectionOptions, SpeechOptions
from otoscope.segmentation.options import BoundaryOptions, SegmentationOptions
from otoscope.viewer.options import Address, ExportOptions

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Start": (demo, check, models, convert),
    "Measure heads": (analyze, status, merge, weights, decoder, sinks, layers),
    "Read a run": (show, heads, relations, compare, figures, view),
    "Find boundaries and words": (segment, boundaries, align, words),
    "Find which heads matter": (rank, probe, prune, patch, faithfulness),
    "Make a model smaller": (refine, bench),
    "Train, and repeat a paper": (pretrain, dynamics, reproduce),
}
"""Commands by what they are for, in the order of the help."""
COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)

OS_ERROR_HINTS = {  # error number of the operating system: what to do
    ENAMETOOLONG: "choose a shorter name",
    EACCES: "check the permissions of the file or folder, or choose another place",
    EPERM: "check the permissions of the file or folder, or choose another place",
}
GARBAGE_THRESHOLD = 50_000  # objects: modules that are imported are no garbage, and to look for it takes a tenth
INTERRUPTED = 130  # the exit status that typer gives where Ctrl-C ended a command


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(f"otoscope {version('otoscope')}")
        raise typer.Exit


def options(
    is_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Measure, sort and show the attention heads of a speech model."""


OPTION_CLASSES = {
    check: (CorpusOptions,),
    compare: (ComparisonOptions,),
    analyze: (SpeechOptions, ExecutionOptions),
    boundaries: (BoundaryOptions,),
    segment: (SegmentationOptions, SpeechOptions, ExecutionOptions),
    align: (CorpusOptions,),
    words: (WordOptions,),
    dynamics: (SpeechOptions,),
    decoder: (DecoderOptions, SpeechOptions),
    rank: (RankingOptions, SpeechOptions, ExecutionOptions),
    probe: (ProbingOptions, SpeechOptions, ExecutionOptions),
    prune: (ScheduleOptions, ProbingOptions, SpeechOptions, ExecutionOptions),
    layers: (LayerOptions, SpeechOptions),
    sinks: (SinkOptions, SpeechOptions),
    patch: (PatchOptions, SpeechOptions),
    faithfulness: (FaithfulnessOptions, SpeechOptions),
    figures: (FigureOptions,),
    heads: (HeadListOptions, RelationOptions),
    relations: (RelationOptions,),
    pretrain: (SelectionOptions,),
    refine: (RefinementOptions, AdaptationOptions, SelectionOptions),
    view: (Address, ExportOptions),
    reproduce: (ReproductionOptions,),
    weights: (WeightOptions,),
    bench: (BenchOptions,),
}


def make_app(commands: Iterable[Callable[..., None]] = COMMANDS) -> typer.Typer:
    """Return the application of some commands; to describe each to typer takes milliseconds."""
    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.callback()(options)
    group_of = {command: group for group, members in GROUPS.items() for command in members}
    for command in commands:
        classes, group = OPTION_CLASSES.get(command), group_of.get(command)
        application.command(cls=options_command(*classes) if classes else None, rich_help_panel=group)(command)
    return application


app = make_app()


def main() -> NoReturn:
    """Entry point: bad input is one line on standard error and exit status 2."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    atexit.register(gc.freeze)  # the end of the process does not look for garbage, which takes a sixth of a second
    degrade_output()
    shorten_warnings()
    try:
        _check_printable(sys.argv)
        requested = [command for command in COMMANDS if [command.__name__] == sys.argv[1:2]]
        code = make_app(requested or COMMANDS)(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
        if code == INTERRUPTED:
            print(_interrupted(sys.argv[1]), file=sys.stderr)
        sys.exit(code)
    except TyperException as error:  # an option or argument that is unknown, missing or of the wrong type
        _exit_with_error(error.format_message())
    except UnfinishedError as unfinished:  # the task of a cluster has measured its share
        print(unfinished)
        sys.exit(0)
    except InputError as error:
        _exit_with_error(str(error))
    except OSError as error:
        if error.errno not in OS_ERROR_HINTS or error.filename is None:
            raise
        _exit_with_error(f"{error.filename}: {error.strerror}; {OS_ERROR_HINTS[error.errno]}")


def _check_printable(arguments: list[str]) -> None:
    for argument in arguments:
        if escape_undecodable(argument) != argument:
            raise InputError(f"{argument}: expected an argument in UTF-8; rename the file")


def _interrupted(name: str) -> str:
    command = getattr(get_command(app), "commands", {}).get(name)
    can_resume = command is not None and any(parameter.name == "resume" for parameter in command.params)
    return "otoscope: interrupted" + ("; run the same command with --resume to continue" if can_resume else "")


def _exit_with_error(reason: str) -> NoReturn:
    print(f"otoscope: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(2)
