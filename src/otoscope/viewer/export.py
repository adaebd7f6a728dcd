"""Export the viewer as an HTML file that opens from disk, without a server and without a network.

The file contains each response as base64, by its resource. Where one file would be too large, the maps of each head go
into a script of their own next to the page, which loads them when the user opens that head.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.errors import InputError
from otoscope.results.head_names import parse_heads
from otoscope.viewer.api import OK, ViewerApi
from otoscope.viewer.decoder_examples import example_resources
from otoscope.viewer.export_page import data_script, exported_page, files_script
from otoscope.viewer.formation import DYNAMICS
from otoscope.viewer.options import ExportOptions
from otoscope.viewer.pyramid import tile_positions
from otoscope.viewer.routes import MAP, ROUTES
from otoscope.viewer.run_session import MAX_VARIABLE_BYTES
from otoscope.viewer.schema import RunInfo

MAX_FILE_BYTES = 32 * 2**20
"""Size of an exported page that is one file; a larger one becomes a folder."""
EXPORT_NOTICE = "this is an exported page: open the run with otoscope view to see more of it"
EXPORTED_VARIABLES = (
    *("offset_profile", "preference", "concentration", "rank", "removed", "score", "score_interval"),
    *("higher_is_better", "is_control", "span_score", "span_score_interval"),
    *("effect", "effect_interval", "exact_effect", "group_effect", "group_effect_interval"),
    *("phone_effect", "phone_effect_interval", "frame_effect", "frame_effect_interval"),
)
"""Variables that the views of the page request."""

Resources = dict[str, bytes]


@dataclass(frozen=True)
class ExportSelection:
    """Utterances by id and heads as (layer, head) to export; empty: the stored utterances, and all heads.

    The export has the same utterances and heads of further runs, if these store them.
    """

    utterances: Sequence[str] = ()
    heads: Sequence[tuple[int, int]] = ()


def parse_selection(options: ExportOptions) -> ExportSelection:
    """Return the utterances and heads that the options name.

    >>> parse_selection(ExportOptions(heads=("0.1", "2.3")))
    ExportSelection(utterances=[], heads=[(0, 1), (2, 3)])
    """
    names = [name.strip() for name in options.utterances if name.strip()]
    return ExportSelection(names, parse_heads(options.heads))


def export(api: ViewerApi, out: Path, selection: ExportSelection) -> Path:
    """Write an exported page.

    Args:
        api: the runs to export.
        out: the HTML file. A page that is too large for one file becomes a folder of that name, without the suffix.
        selection: utterances and heads to export.

    Returns:
        The HTML file to open.

    Raises:
        InputError: an utterance or head does not exist, or its maps are neither stored nor can be computed.
    """
    if out.suffix != ".html":
        raise InputError(f"expected --export FILE.html, found {out}")
    items = _items(api, selection)
    common = {name: _fetch(api, name) for name in _common_resources(api, items)} | _optional(api, items)
    common[ROUTES["runs"].path()] = _exported_run_list(api, items)
    maps = _maps(api, items)
    size = sum(len(content) for part in (common, *maps.values()) for content in part.values()) * 4 // 3
    if size > MAX_FILE_BYTES:
        return _write_folder(out.with_suffix(""), common, maps, size)
    everything = common | {name: content for part in maps.values() for name, content in part.items()}
    make_folder(out.parent)
    with atomic_write(out, needed=size) as partial:
        partial.write_bytes(exported_page(data_script(everything)))
    return out


def _write_folder(folder: Path, common: Resources, maps: dict[str, Resources], size: int) -> Path:
    files = {prefix: f"maps/{prefix.replace('/', '-')}.js" for prefix in maps}
    make_folder(folder.parent)
    with atomic_write(folder, needed=size) as partial:
        (partial / "maps").mkdir(parents=True)
        for prefix, part in maps.items():
            (partial / files[prefix]).write_text(data_script(part), encoding="utf-8")
        script = files_script(files) + data_script(common)
        (partial / "index.html").write_bytes(exported_page(script, sources="'self' file:"))
    return folder / "index.html"


@dataclass(frozen=True)
class _ExportItem:
    """An utterance of one of the runs, by their numbers, and the heads whose maps of it are exported."""

    run: int
    utterance: int
    frames: int
    heads: list[tuple[int, int]]


def _items(api: ViewerApi, selection: ExportSelection) -> list[_ExportItem]:
    """Return the selected utterances of the first run, and those of the others that are stored."""
    first, *others = (session.info for session in api.sessions)
    indices, heads = exported_utterances(first, selection), _heads(first, selection)
    ids = {first.utterances[index].id for index in indices}
    items = [_ExportItem(0, index, first.utterances[index].frames, heads) for index in indices]
    for number, run in enumerate(others, 1):
        available = {(head.layer, head.head) for head in run.heads}
        items += [
            _ExportItem(number, index, utterance.frames, [head for head in heads if head in available])
            for index, utterance in enumerate(run.utterances)
            if utterance.stored and utterance.id in ids
        ]
    return items


def exported_utterances(run: RunInfo, selection: ExportSelection) -> list[int]:
    """Return the numbers of the utterances of a run that are exported. Raises InputError where there are none."""
    index_of = {utterance.id: index for index, utterance in enumerate(run.utterances)}
    if unknown := [name for name in selection.utterances if name not in index_of]:
        example = next(iter(index_of), "none")
        raise InputError(f"{run.name} has no utterance '{unknown[0]}'; --utterances takes ids of the run, as {example}")
    stored = [index for index, utterance in enumerate(run.utterances) if utterance.stored]
    indices = [index_of[name] for name in selection.utterances] or stored
    if not indices:
        raise InputError(f"{run.name} stores no maps; add --utterances, and --model to compute their maps")
    return indices


def _heads(run: RunInfo, selection: ExportSelection) -> list[tuple[int, int]]:
    heads = [(head.layer, head.head) for head in run.heads]
    if unknown := [head for head in selection.heads if head not in heads]:
        layer, head = unknown[0]
        raise InputError(f"{run.name} has no head {layer}.{head}; --heads takes LAYER.HEAD, from 0.0")
    return list(selection.heads) or heads


def without_folders(name: str) -> str:
    """Return a name; of a path on this machine its last part, since the folders before it are not for the public.

    >>> without_folders("/corpora/speech"), without_folders("facebook/hubert-base-ls960")
    ('speech', 'facebook/hubert-base-ls960')
    """
    return Path(name).name if Path(name).is_absolute() else name


def _exported_run_list(api: ViewerApi, items: Sequence[_ExportItem]) -> bytes:
    """Return the list of runs in which only the exported utterances are stored."""
    run_list = json.loads(_fetch(api, ROUTES["runs"].path()))
    exported = {(item.run, item.utterance) for item in items}
    for number, session in enumerate(api.sessions):
        utterances = [
            replace(utterance, stored=(number, index) in exported)
            for index, utterance in enumerate(session.info.utterances)
        ]
        info = replace(
            session.info,
            model=without_folders(session.info.model),
            corpus=without_folders(session.info.corpus),
            utterances=utterances,
            no_model_reason=EXPORT_NOTICE,
        )
        run_list["runs"][number] = asdict(info)
    return json.dumps(run_list, separators=(",", ":")).encode()


def _common_resources(api: ViewerApi, items: Sequence[_ExportItem]) -> list[str]:
    """Return the resources that do not belong to one map."""
    resources = []
    for number, session in enumerate(api.sessions):
        variables = {variable.name for variable in session.info.variables}
        resources.append(ROUTES["heads"].path(number))
        resources.append(ROUTES["contents"].path(number))
        resources += [ROUTES["variable"].path(number, name) for name in EXPORTED_VARIABLES if name in variables]
        for place in example_resources(session.run.dataset, MAX_VARIABLE_BYTES):
            resources.append(ROUTES["example" if len(place) == 1 else "exampleMap"].path(number, *place))
        if session.info.kind == DYNAMICS:
            steps = range(session.run.dataset.sizes["step"])
            resources += [ROUTES["formation"].path(number), *(ROUTES["overview"].path(number, step) for step in steps)]
        if number and session.info.heads:
            resources += [ROUTES["comparison"].path(0, number, level) for level in ("model", "layer", "head")]
    for item in items:
        layers = range(api.sessions[item.run].info.layers)
        resources.append(ROUTES["utterance"].path(item.run, item.utterance))
        resources += [ROUTES["thumbnails"].path(item.run, item.utterance, layer) for layer in layers]
    return resources


def _optional(api: ViewerApi, items: Sequence[_ExportItem]) -> Resources:
    """Return what a run may lack, where it has it: audio, and predicted boundaries."""
    audio = [ROUTES["audio"].path(item.run, item.utterance) for item in items]
    boundaries = [ROUTES["boundaries"].path(item.run, item.utterance, *head) for item in items for head in item.heads]
    responses = {name: api.wait(name) for name in [*audio, *boundaries]}
    return {name: response.content for name, response in responses.items() if response.status == OK}


def _maps(api: ViewerApi, items: Sequence[_ExportItem]) -> dict[str, Resources]:
    """Return the tiles of each exported map, by the common beginning of their paths."""
    maps = {}
    for item in items:
        for head in item.heads:
            identifiers = (item.run, item.utterance, *head)
            tiles = [ROUTES["tile"].path(*identifiers, *position) for position in tile_positions(item.frames)]
            maps[MAP.path(*identifiers)] = {name: _fetch(api, name) for name in tiles}
    return maps


def _fetch(api: ViewerApi, resource: str) -> bytes:
    response = api.wait(resource)
    if response.status != OK:
        raise InputError(json.loads(response.content)["error"])
    return response.content
