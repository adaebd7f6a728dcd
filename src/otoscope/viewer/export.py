"""The page with what it asks for written into it: opens from disk, without a server and without a network.

Answers are kept as base64 under their questions. Where one file would be too large, the maps of each head go into a
script of their own beside the page, which loads them when that head is looked at.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from otoscope._io.atomic import atomic, make_folder
from otoscope.errors import InputError
from otoscope.viewer.api import Answer, Answers
from otoscope.viewer.page import asset, page
from otoscope.viewer.pyramid import TILE
from otoscope.viewer.schema import RunInfo

LARGEST = 32 * 2**20  # bytes of a page that is one file
NOT_HERE = "this is an exported page: open the run with otoscope view to see more of it"


@dataclass(frozen=True)
class Choice:
    """What of a run goes into a page: utterances by id, heads as (layer, head); empty takes what is stored, and all.

    Of runs beside it the same goes in, as far as they store it.
    """

    utterances: Sequence[str] = ()
    heads: Sequence[tuple[int, int]] = ()


def parse_choice(utterances: str, heads: str) -> Choice:
    """A choice from two lists with commas between; heads are written LAYER.HEAD.

    >>> parse_choice("", "0.1,2.3")
    Choice(utterances=[], heads=[(0, 1), (2, 3)])
    """
    pairs = [head.strip().split(".") for head in heads.split(",") if head.strip()]
    if not all(len(pair) == 2 and all(number.isdecimal() for number in pair) for pair in pairs):
        raise InputError(f"expected heads as LAYER.HEAD with commas between, got '{heads}'")
    names = [name.strip() for name in utterances.split(",") if name.strip()]
    return Choice(names, [(int(layer), int(head)) for layer, head in pairs])


def export(answers: Answers, out: Path, choice: Choice) -> Path:
    """Write a page; where it would be too large for one file, a folder of that name without its suffix.

    Returns:
        The HTML file to open.

    Raises:
        InputError: there is no such utterance or head, or what was chosen is neither stored nor can be computed.
    """
    if out.suffix != ".html":
        raise InputError(f"expected a name that ends in .html for the exported page, got {out}")
    shown = _shown(answers, choice)
    common = {name: _got(answers, name) for name in _common(answers, shown)}
    common["runs"] = _catalogue(answers, shown)
    maps = {
        f"{one.number}/tile/{one.place}/{layer}/{head}": {name: _got(answers, name) for name in tiles}
        for one in shown
        for layer, head in one.heads
        for tiles in [_tiles(one, layer, head)]
    }
    size = sum(len(content) for part in (common, *maps.values()) for content in part.values()) * 4 // 3
    if size <= LARGEST:
        everything = common | {name: content for part in maps.values() for name, content in part.items()}
        make_folder(out.parent)
        with atomic(out, needed=size) as partial:
            partial.write_bytes(_page(_script(everything)))
        return out
    return _write_folder(out.with_suffix(""), common, maps, size)


def _write_folder(folder: Path, common: dict[str, bytes], maps: dict[str, dict[str, bytes]], size: int) -> Path:
    files = {prefix: f"maps/{prefix.replace('/', '-')}.js" for prefix in maps}
    make_folder(folder.parent)
    with atomic(folder, needed=size) as partial:
        (partial / "maps").mkdir(parents=True)
        for prefix, part in maps.items():
            (partial / files[prefix]).write_text(_script(part), encoding="utf-8")
        listed = f"window.otoscopeFiles={_json(files)};"
        (partial / "index.html").write_bytes(_page(listed + _script(common), "file:"))
    return folder / "index.html"


def _page(data: str, sources: str = "") -> bytes:
    program = asset("viewer.js").decode().replace("</script", "<\\/script")
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in (data, program))
    policy = (
        f"default-src 'none'; script-src {hashes} {sources}; style-src 'unsafe-inline'; img-src blob: data:; "
        "media-src blob:; connect-src blob:; base-uri 'none'; form-action 'none'"
    )
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{asset("viewer.css").decode()}</style>'
    )
    return page(head, f'<script>{data}</script>\n<script type="module">{program}</script>')


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _script(answers: dict[str, bytes]) -> str:
    encoded = {name: base64.b64encode(content).decode() for name, content in answers.items()}
    return f"Object.assign(window.otoscopeAnswers??={{}},{_json(encoded)});"


def _json(content: Any) -> str:
    return json.dumps(content, separators=(",", ":")).replace("</", "<\\/")


@dataclass(frozen=True)
class _Shown:
    """An utterance of one of the runs, by its numbers, and the heads whose maps of it are shown."""

    number: int
    place: int
    frames: int
    heads: list[tuple[int, int]]


def _shown(answers: Answers, choice: Choice) -> list[_Shown]:
    """What was chosen of the first run, and of the others what they store of the same."""
    first, *others = (subject.info for subject in answers.subjects)
    places, heads = _utterances(first, choice), _heads(first, choice)
    names = {first.utterances[place].id for place in places}
    found = [_Shown(0, place, first.utterances[place].frames, heads) for place in places]
    for number, run in enumerate(others, 1):
        there = {(head.layer, head.head) for head in run.heads}
        found += [
            _Shown(number, place, utterance.frames, [head for head in heads if head in there])
            for place, utterance in enumerate(run.utterances)
            if utterance.stored and utterance.id in names
        ]
    return found


def _utterances(run: RunInfo, choice: Choice) -> list[int]:
    place_of = {utterance.id: place for place, utterance in enumerate(run.utterances)}
    if unknown := [name for name in choice.utterances if name not in place_of]:
        raise InputError(f"{run.name} has no utterance '{unknown[0]}'; choose of otoscope's list of its utterances")
    stored = [place for place, utterance in enumerate(run.utterances) if utterance.stored]
    chosen = [place_of[name] for name in choice.utterances] or stored
    if not chosen:
        raise InputError(f"{run.name} stores no maps; name utterances to export, and the model that computes them")
    return chosen


def _heads(run: RunInfo, choice: Choice) -> list[tuple[int, int]]:
    there = [(head.layer, head.head) for head in run.heads]
    if unknown := [head for head in choice.heads if head not in there]:
        raise InputError(
            f"{run.name} has no head {unknown[0][0]}.{unknown[0][1]}; heads are written LAYER.HEAD from 0.0"
        )
    return list(choice.heads) or there


def _catalogue(answers: Answers, shown: Sequence[_Shown]) -> bytes:
    """The catalogue in which only the exported utterances can be chosen."""
    catalogue = json.loads(_got(answers, "runs"))
    there = {(one.number, one.place) for one in shown}
    for number, subject in enumerate(answers.subjects):
        kept = [
            replace(utterance, stored=(number, place) in there)
            for place, utterance in enumerate(subject.info.utterances)
        ]
        catalogue["runs"][number] = asdict(replace(subject.info, utterances=kept, modelless=NOT_HERE))
    return _json(catalogue).encode()


def _common(answers: Answers, shown: Sequence[_Shown]) -> Iterator[str]:
    """Questions of the page that are not about one map; answers that cannot be had are not asked again."""
    for number, subject in enumerate(answers.subjects):
        yield f"{number}/heads"
        yield from (
            f"{number}/variable/{name}" for name in SHOWN if any(v.name == name for v in subject.info.variables)
        )
    for one in shown:
        of = f"{one.number}/{{}}/{one.place}"
        yield of.format("utterance")
        yield from (f"{of.format('overview')}/{layer}" for layer in range(answers.subjects[one.number].info.layers))
        may_lack = [of.format("audio"), *(f"{of.format('boundaries')}/{layer}/{head}" for layer, head in one.heads)]
        yield from (name for name in may_lack if answers.answer(name).status == 200)


SHOWN = (
    *("offset_profile", "preference", "concentration", "rank", "removed", "score", "score_interval"),
    *("span_score", "span_score_interval"),
)
"""Variables that the page draws."""


def _tiles(shown: _Shown, layer: int, head: int) -> Iterator[str]:
    of = f"{shown.number}/tile/{shown.place}/{layer}/{head}"
    side, level = shown.frames, 0
    while True:
        count = -(-side // TILE)
        for row in range(count):
            yield from (f"{of}/{level}/{row}/{column}" for column in range(count))
        if count == 1:
            return
        side, level = -(-side // 2), level + 1


def _got(answers: Answers, resource: str) -> bytes:
    answer: Answer = answers.answer(resource)
    if answer.status != 200:
        raise InputError(json.loads(answer.content)["error"])
    return answer.content
