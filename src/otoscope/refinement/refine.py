"""From a model to a refined one: fewer heads, a limited span, in a folder that transformers loads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from otoscope._io.atomic import atomic_write, is_empty, make_folder
from otoscope._io.ranks import is_first_process
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.refinement.builder import build, plain
from otoscope.refinement.export import carry_code
from otoscope.refinement.gates import fold_gates, gate_sites, gate_values, read_gates
from otoscope.refinement.head_selection import Head, remaining_heads
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.processor import Processor, read_processor
from otoscope.refinement.request import RefinementRequest
from otoscope.refinement.source_model import SourceModel, read_source
from otoscope.refinement.storage_dtype import round_as, stored_weights
from otoscope.refinement.tune import tune as distil
from otoscope.runs.options import SelectionOptions
from otoscope.runs.process_group import join_processes

PORTABLE = "portable"


@dataclass(frozen=True)
class Refinement:
    """A refined model that was written.

    Attributes:
        path: its folder; `portable` is the one that loads without otoscope, if it was asked for.
        removed: heads `(layer, head)` of the original that are gone; `heads` counts those that stay in each layer.
        span: frames within which queries attend; None for all.
        parameters: number of weights of the whole model, before and after.
    """

    path: Path
    portable: Path | None
    removed: tuple[Head, ...]
    heads: tuple[int, ...]
    span: int | None
    parameters: tuple[int, int]

    @property
    def summary(self) -> str:
        """What was done, in a few lines."""
        before, after = self.parameters
        span = f"{self.span} frames" if self.span else "all frames"
        lines = [
            f"{len(self.removed)} of {sum(self.heads) + len(self.removed)} heads removed; span: {span}",
            f"heads of each layer: {', '.join(map(str, self.heads))}",
            f"{after} of {before} parameters ({after / before:.0%}) of the whole model",
            f"written to {self.path}",
        ]
        if self.portable:
            limit = "; its span is not limited, plain transformers cannot do that" if self.span else ""
            lines.append(f"written to {self.portable} for use without otoscope, heads zeroed, no faster{limit}")
        return "\n".join(lines)


def refine(
    model: str | Path | nn.Module | Encoder,
    out: str | Path,
    *,
    remove: Sequence[Head] | str | Path | None = None,
    corpora: Sequence[str | Path] = (),
    options: RefinementOptions | None = None,
    selection: SelectionOptions | None = None,
) -> Refinement:
    """Write a model without some of its heads, or with a limited span, as a Hugging Face folder.

    The output has the parts of the input: head, decoder, tokenizer, settings of generation. After `import otoscope`,
    the Auto classes of transformers load it. Its outputs equal those of the original under `without_heads` and `span`.
    Layers of the encoder may have different numbers of heads, and a layer may have none.

    Args:
        model: what `load` takes; also a refined model. A model in memory stays as it is.
        out: the folder to write; it must not exist or must be empty.
        remove: heads `(layer, head)`, or a JSON file with a list of such pairs.
        corpora: paths of unlabelled speech, or "bundled", for tuning and for a budget; the default of a budget is the
            bundled speech.
        options: a ranking that chooses the heads, or a budget; the span, tuning, and a portable copy.
        selection: which utterances of all corpora together are used; None uses all.

    Returns:
        The folder, the removed heads, the remaining heads of each layer, the span, and the number of parameters before
        and after.

    Raises:
        InputError: the model or its family cannot be refined, or the options contradict each other. Nothing is written.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     span = RefinementOptions(span=32)
        ...     refined = refine("bundled", f"{folder}/small", remove=[(0, 1), (0, 2), (5, 0)], options=span)
        ...     refined.heads, refined.span
        ((6, 8, 8, 8, 8, 7), 32)
    """
    request, folder = RefinementRequest(options or RefinementOptions(), remove, corpora, selection), Path(out)
    if folder.exists() and not (folder.is_dir() and is_empty(folder)):
        raise InputError(f"{out} exists and is not an empty folder; name a new one for the refined model")
    join_processes()
    source = read_source(model)
    _check_span(source, request.options)
    _fold(source, request)
    refined, removed = (source.whole, ()) if request.only_gates else _refined_model(source, request)
    portable = request.options.portable and not request.only_gates
    if is_first_process():
        _write(refined, read_processor(source), folder, portable)
    return Refinement(
        path=folder,
        portable=folder / PORTABLE if portable else None,
        removed=removed,
        heads=tuple(getattr(refined.config, "heads_of_layers", None) or source.encoder.n_heads),
        span=getattr(refined.config, "attention_span", None),
        parameters=(source.parameters, refined.num_parameters()),
    )


def _check_span(source: SourceModel, options: RefinementOptions) -> None:
    """Raise InputError if a span is set and the model's frames are patches, or its attention bypasses the registry."""
    if options.span is not None and not source.parts.has_span:
        raise InputError(
            f"{source.encoder.name} is a '{source.parts.model_type}' model, which adds positions to its scores; its "
            "span cannot be limited, omit --span"
        )
    if options.span is not None and source.encoder.family.is_patch_grid:
        raise InputError(
            f"{source.encoder.name} has patches of time and band, not frames one after another; a span cannot limit "
            "them"
        )


def _fold(source: SourceModel, request: RefinementRequest) -> None:
    """Multiply the gates of a request into the weights, in place.

    Raises:
        InputError: the file of gates cannot be read, or the model has no such heads.
    """
    if request.options.gates is None:
        return
    name, whole = source.encoder.name, source.whole
    sites = gate_sites(whole, source.encoder.model, source.parts, name)
    fold_gates(whole, gate_values(sites, read_gates(request.options.gates), name))


def _refined_model(source: SourceModel, request: RefinementRequest) -> tuple[Any, tuple[Head, ...]]:
    """Return the refined model, tuned if the request says so, and the removed heads."""
    encoder, steps = source.encoder, request.options.tune
    removed, scales = request.removed(encoder)
    refined = build(source, remaining_heads(removed, encoder.n_heads), request.options.span, scales)
    if steps is not None:
        distil(encoder, refined_encoder(refined), steps, request.pool)
        round_as(refined, source.whole.state_dict().values())
    refined.config.refinement = {
        "of": encoder.name,
        "removed": [list(head) for head in removed],
        "tuned": steps or 0,
    }
    return refined, tuple(removed)


def _write(refined: Any, processor: Processor, out: Path, with_portable: bool) -> None:
    make_folder(out.parent)
    with atomic_write(out) as folder, silence_transformers():
        _save(refined, processor, folder)
        if with_portable:
            unrefined = plain(refined)
            carry_code(unrefined, processor.extractor, folder / PORTABLE)
            _save(unrefined, processor, folder / PORTABLE)


def _save(model: Any, processor: Processor, folder: Path) -> None:
    model.save_pretrained(folder, state_dict=stored_weights(model))
    processor.save(folder)
