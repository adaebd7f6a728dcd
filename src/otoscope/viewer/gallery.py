"""A gallery: a static site over several runs, with thumbnails of their heads and an exported page for each.

All addresses are relative, so any static host can serve the folder, and it also opens from disk.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, count
from pathlib import Path

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.errors import InputError
from otoscope.results import Run, open_run
from otoscope.results.schema import HEADS
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.contact_sheet import save_contact_sheet
from otoscope.viewer.export import ExportSelection, export, exported_utterances, without_folders
from otoscope.viewer.schema import RunInfo
from otoscope.viewer.session import open_session

MARK = '<meta name="generator" content="otoscope gallery">'
INDEX = "index.html"
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 1100px; margin: 32px auto; padding: 0 16px; }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 24px; }
ul { margin: 20px 0; padding: 0; list-style: none; }
li { overflow-wrap: anywhere; }
img { display: block; width: 100%; border: 1px solid #8886; border-radius: 6px; }
h2 { margin: 8px 0 2px; font-size: 17px; }
p { margin: 2px 0; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{mark}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>Each picture shows the attention maps of one utterance: rows are layers, columns are heads. Blue heads are global,
orange ones vertical, green ones diagonal: the best of three ranks among the heads of the model, so that a head may look
like another. A picture opens the viewer of its run.</p>
<ul>
{cards}
</ul>
</body>
</html>
"""
_CARD = """<li>
<a href="{page}"><img src="{picture}" loading="lazy" alt="Attention maps of all heads of {name}"></a>
<h2><a href="{page}"><bdi>{name}</bdi></a></h2>
<p><bdi>{model}</bdi> on <bdi>{corpus}</bdi></p>
<p>{heads} heads in {layers} layers: {categories}; {utterances} utterances</p>
</li>"""


@dataclass(frozen=True)
class GalleryEntry:
    """A run in the index: its description, and the addresses of its page and its picture, relative to the index."""

    info: RunInfo
    page: str
    picture: str


def export_gallery(
    paths: Sequence[Path], folder: Path, selection: ExportSelection, audio_root: Path | None = None
) -> Path:
    """Write a gallery.

    Args:
        paths: run folders. Each run of `analyze` has a page; the runs of other kinds after it are on its page.
        folder: a new or empty folder, or an earlier gallery, which is replaced.
        selection: utterances and heads to export, of every run.
        audio_root: a folder of audio that the runs may name, in addition to their corpora.

    Returns:
        The index of the gallery.

    Raises:
        InputError: the folder has other content, a run cannot be opened or exported, or the first is not of `analyze`.
    """
    _check_folder(folder)
    groups = grouped_runs([open_run(path) for path in paths])
    names = distinct_names(group[0].path.resolve().name for group in groups)
    make_folder(folder.parent)
    with atomic_write(folder) as partial:
        partial.mkdir()
        entries = []
        for runs, name in zip(groups, names, strict=True):
            api = open_session(runs, train_probes=False, audio_root=audio_root)
            entries.append(_write_page(api, partial, name, selection))
        (partial / INDEX).write_text(gallery_index(entries), encoding="utf-8")
    return folder / INDEX


def grouped_runs(runs: Sequence[Run]) -> list[list[Run]]:
    """Return a group for each run of `analyze`, with the runs of other kinds that follow it."""
    if runs[0].kind != HEADS:
        raise InputError(f"expected a run of analyze as the first one, found {runs[0].kind} in {runs[0].path}")
    groups: list[list[Run]] = []
    for run in runs:
        if run.kind == HEADS:
            groups.append([])
        groups[-1].append(run)
    return groups


def distinct_names(names: Iterable[str]) -> list[str]:
    """Return names for files: without characters that addresses encode, each different, and none that of the index.

    >>> distinct_names(["base 960h", "base/960h", "base-960h-2", "index"])
    ['base-960h', 'base-960h-2', 'base-960h-2-2', 'index-2']
    """
    taken = {Path(INDEX).stem}
    result = []
    for name in names:
        plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
        numbered = (f"{plain}-{number}" for number in count(2))
        result.append(next(choice for choice in chain([plain], numbered) if choice not in taken))
        taken.add(result[-1])
    return result


def gallery_index(entries: Sequence[GalleryEntry]) -> str:
    """Return the HTML of the index."""
    title = f"Attention heads of {len(entries)} runs"
    cards = "\n".join(map(_card, entries))
    return _PAGE.format(mark=MARK, policy=_POLICY, title=title, style=_STYLE, cards=cards)


def _card(entry: GalleryEntry) -> str:
    info = entry.info
    counts = Counter(head.category for head in info.heads)
    texts = {"page": entry.page, "picture": entry.picture, "name": info.name, "model": without_folders(info.model)}
    return _CARD.format(
        **{name: escape(text) for name, text in texts.items()},
        corpus=escape(without_folders(info.corpus)) + (" (synthetic speech)" if info.synthetic else ""),
        heads=len(info.heads),
        layers=info.layers,
        categories=", ".join(f"{number} {category}" for category, number in counts.most_common()),
        utterances=len(info.utterances),
    )


def _write_page(api: ViewerApi, folder: Path, name: str, selection: ExportSelection) -> GalleryEntry:
    page = export(api, folder / f"{name}.html", selection)
    session = api.sessions[0]
    picture = folder / f"{name}.png"
    save_contact_sheet(session, exported_utterances(session.info, selection)[0], picture)
    return GalleryEntry(session.info, page.relative_to(folder).as_posix(), picture.name)


def _check_folder(folder: Path) -> None:
    """Refuse a file, and a folder with other content than a gallery: it would be replaced."""
    index = folder / INDEX
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")):
        raise InputError(
            f"expected a new folder or an earlier gallery at {folder}, found other content; choose another --export"
        )
