"""From a model to a refined one: fewer heads, a limited span, in a folder that transformers loads."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

from torch import nn

from otoscope._io.atomic import atomic_write, is_empty, make_folder
from otoscope._io.ranks import is_first_process
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.refinement.budgeted import within
from otoscope.refinement.builder import build, narrowest, plain
from otoscope.refinement.export import carry_code, carry_refined_code
from otoscope.refinement.gates import fold_gates, gate_sites, gate_values, read_gates
from otoscope.refinement.graph_export import write_graph
from otoscope.refinement.head_selection import Head, remaining_heads
from otoscope.refinement.modeling import RefinedMixin, record_shape, refined_encoder
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.processor import Processor, read_processor
from otoscope.refinement.refinement_effect import choose_examples, compare_outputs, read_outputs
from otoscope.refinement.refinement_result import Refinement
from otoscope.refinement.request import RefinementRequest
from otoscope.refinement.source_model import SourceModel, read_source
from otoscope.refinement.storage_dtype import round_as, stored_weights
from otoscope.refinement.surgery import keep_heads, shape_of
from otoscope.refinement.tune import Tuner, TuningState, claim_tuning
from otoscope.refinement.tuning_speech import make_tuning_speech
from otoscope.refinement.tuning_target import LogitsDistance, TuneTarget, check_target, states_distance
from otoscope.refinement.zero_heads import DecoderHead, drop_decoder_heads, find_zero_heads
from otoscope.runs.options import SelectionOptions
from otoscope.runs.process_group import join_processes
from otoscope.runs.speech_source import LoadedSpeech

PORTABLE = "portable"
DECODER_RECORD = "removed_from_decoder"


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
        corpora: paths of speech, or "bundled", for tuning, for a budget, and for a comparison of the output before and
            after on a few utterances; the default of a budget is the bundled speech. Texts are compared where all of
            these utterances have them.
        options: a ranking that chooses the heads, or a budget; the span, tuning, and a portable copy.
        selection: which utterances of all corpora together are used; None uses all.

    Returns:
        The folder, the removed heads, the remaining heads of each layer, the span, the number of parameters before and
        after, and what changed of the output.

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
    _check_empty(folder)
    join_processes()
    source = read_source(model)
    _check_span(source, request.options)
    _check_patterns(source, request)
    if request.options.tune_target == TuneTarget.logits:
        check_target(source)
    speech = request.read_speech(source.encoder)
    examples = choose_examples(speech) if speech is not None and request.corpora else []
    before = read_outputs(source.whole, source, examples) if examples else None
    _fold(source, request)
    refined, removed = (source.whole, ()) if request.only_gates else _refined_model(source, request, speech)
    unfinished = folder.with_name(f"{folder.name}.tuning")
    tuning = _tune(source, refined, request, speech, unfinished)
    round_as(refined, source.whole.state_dict().values())
    after = read_outputs(refined, source, examples) if examples else None
    portable = request.options.portable and not request.only_gates
    if is_first_process():
        write_model(refined, source, request.options, folder)
        rmtree(unfinished, ignore_errors=True)
    effect = compare_outputs(before, after, examples) if before and after else None
    return replace(_describe(folder, source, refined, removed, portable), effect=effect, tuning=tuning)


def _describe(
    folder: Path, source: SourceModel, refined: Any, removed: Sequence[Head], with_portable: bool
) -> Refinement:
    """Return what was written to a folder."""
    shapes = [shape_of(encoder, source.parts) for encoder in (source.encoder.model, refined_encoder(refined))]
    units = shapes[1].units or ()
    return Refinement(
        path=folder,
        portable=folder / PORTABLE if with_portable else None,
        removed=tuple(removed),
        heads=tuple(shapes[1].heads),
        span=getattr(refined.config, "attention_span", None),
        parameters=(source.parameters, refined.num_parameters()),
        units=() if units == shapes[0].units else tuple(units),
        decoder_removed=_removed_from_decoder(refined) if refined is not source.whole else (),
        patterns=tuple(shapes[1].patterns) if any(shapes[1].patterns) else (),
        latency=(getattr(refined.config, "refinement", None) or {}).get("latency"),
        sizes=_smaller_sizes(shapes[0].sizes or (), shapes[1].sizes or ()),
    )


def _smaller_sizes(before: Sequence[int], after: Sequence[int]) -> tuple[int, ...]:
    """Return the features of a head of each layer if some are gone; 0 is a layer without heads."""
    is_smaller = any(0 < size < original for original, size in zip(before, after, strict=True))
    return tuple(after) if is_smaller else ()


def _removed_from_decoder(refined: Any) -> tuple[DecoderHead, ...]:
    heads = refined.config.refinement.get(DECODER_RECORD, ())
    return tuple((str(part), int(layer), int(head)) for part, layer, head in heads)


def _check_empty(out: Path) -> None:
    """Raise InputError if something is where the refined model should go."""
    if out.exists() and not (out.is_dir() and is_empty(out)):
        raise InputError(f"{out} exists and is not an empty folder; name a new one for the refined model")


def _check_span(source: SourceModel, options: RefinementOptions) -> None:
    """Raise InputError if a span is set that the model cannot have."""
    name = source.encoder.name
    if options.span is not None and not source.parts.has_span:
        raise InputError(
            f"{name} is a '{source.parts.model_type}' model, which adds positions to its scores; its span cannot be "
            "limited, omit --span"
        )
    if options.span is not None and source.encoder.family.is_patch_grid:
        raise InputError(f"{name} has patches of time and band, not frames one after another; a span cannot limit them")
    least = narrowest(getattr(source.encoder.model.config, "attention_span", None))
    if options.span is not None and least is not None and options.span > least:
        raise InputError(
            f"expected --span of at most {least} frames, which {name} has already, found {options.span}; omit it "
            "or pass a narrower one"
        )


def _check_patterns(source: SourceModel, request: RefinementRequest) -> None:
    """Raise InputError for a model with fixed patterns whose heads should change, or that a plain model cannot hold."""
    options = request.options
    flags = options.portable or options.drop_zero_heads or None
    changes = (options.heads, request.remove, options.budget, options.gates, flags)
    if any(shape_of(source.encoder.model, source.parts).patterns) and any(each is not None for each in changes):
        raise InputError(
            f"{source.encoder.name} has heads with fixed patterns, whose model can get a --span and --tune alone; "
            "refine its original, and use --method patterns last"
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


def _refined_model(
    source: SourceModel, request: RefinementRequest, speech: LoadedSpeech | None
) -> tuple[Any, tuple[Head, ...]]:
    """Return the refined model, tuned if the request says so, and the removed heads."""
    options = request.options
    dropped: tuple[DecoderHead, ...] = ()
    if options.budget is not None and speech is not None:
        done = within(source, options, speech)
        refined, removed = done.model, list(done.removed)
    else:
        done, refined = None, build(source, options.span)
        zero = find_zero_heads(source) if options.drop_zero_heads else None
        removed = request.removed(source.encoder) if zero is None else list(zero.encoder)
        keep_heads(refined_encoder(refined), source.parts, remaining_heads(removed, source.encoder.n_heads))
        if zero is not None:
            drop_decoder_heads(refined, source, zero)
            dropped = zero.of_decoder
    record_shape(refined)
    refined.config.refinement = {"of": source.encoder.name, "removed": [list(head) for head in removed], "tuned": 0}
    if done is not None and done.latency is not None:
        refined.config.refinement |= {"latency": done.latency.record}
    if dropped:
        refined.config.refinement[DECODER_RECORD] = [list(head) for head in dropped]
    return refined, tuple(removed)


def _tune(
    source: SourceModel, refined: Any, request: RefinementRequest, speech: LoadedSpeech | None, unfinished: Path
) -> TuningState | None:
    """Train a refined model towards its source, if the request says so.

    Raises:
        InputError: the speech has too few utterances that are long enough, or `unfinished` holds another tuning.
    """
    steps = request.options.tune
    if steps is None or speech is None:
        return None
    tuning = make_tuning_speech(source.encoder, speech)
    if is_first_process():
        claim_tuning(unfinished, source.encoder.name, request)
    target, encoder = TuneTarget(request.options.tune_target), refined_encoder(refined)
    is_states = target is TuneTarget.states
    refined.requires_grad_(False)
    tuner = Tuner(
        partial(states_distance, source.encoder, encoder) if is_states else LogitsDistance(source, refined),
        encoder,
        tuning,
        steps,
        unfinished,
        state=TuningState(target=target.value),
        rank=request.options.tune_rank,
    )
    state = tuner.run()
    refined.requires_grad_(True)
    refined.config.refinement |= {"tuned": state.best_step}
    return state


def write_model(refined: Any, source: SourceModel, options: RefinementOptions, out: Path) -> None:
    """Write a refined model with the processor of its source, a portable copy and graphs as the options say."""
    processor = read_processor(source)
    make_folder(out.parent)
    with atomic_write(out) as folder, silence_transformers():
        if isinstance(refined, RefinedMixin):
            carry_refined_code(refined, source.parts, processor.extractor, folder)
        _save(refined, processor, folder)
        if options.portable and isinstance(refined, RefinedMixin):
            unrefined = plain(refined)
            carry_code(unrefined, processor.extractor, folder / PORTABLE)
            _save(unrefined, processor, folder / PORTABLE)
        if options.export is not None:
            write_graph(refined_encoder(refined), source.encoder, options.export, folder)


def _save(model: Any, processor: Processor, folder: Path) -> None:
    model.save_pretrained(folder, state_dict=stored_weights(model))
    processor.save(folder)
