"""`run.json`: the plan of a run, whether it is finished, how much it contains, and a digest of all that."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otoscope._io.atomic import create_once
from otoscope._io.saved_work import as_json, format_json, write_json
from otoscope.errors import InputError, permission_error
from otoscope.results.schema import check_version

FILE = "run.json"
DIGEST = "digest"


def write_record(folder: Path, record: Mapping[str, Any], *, shared: bool = False) -> None:
    """Write `run.json` with its digest, whole or not at all; `shared` if other processes may write the same.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    content = {key: value for key, value in record.items() if key != DIGEST}
    write_json(folder / FILE, {**content, DIGEST: _digest(content)}, shared=shared)


def create_record(folder: Path, record: Mapping[str, Any]) -> bool:
    """Write `run.json` unless the folder has one, and return whether this process did: of several at a time, one does.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    return create_once(folder / FILE, format_json({**record, DIGEST: _digest(record)}))


def add_to_plan(folder: Path, part: str, settings: Mapping[str, Any]) -> None:
    """Add settings to a part of the plan of a run, such as `corpus`; other processes may add the same.

    Raises:
        InputError: the record cannot be read or written.
    """
    record = read_record(folder)
    plan = {**record["plan"], part: {**record["plan"][part], **settings}}
    write_record(folder, {**record, "plan": plan}, shared=True)


def read_record(folder: Path) -> dict[str, Any]:
    """Return the contents of `run.json`: format_version, finished, plan; and holds, where the run is finished.

    Raises:
        InputError: it does not exist, may not be read, has another format, or is not as otoscope wrote it.
    """
    path = folder / FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        version, content = record["format_version"], {key: value for key, value in record.items() if key != DIGEST}
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"expected a run folder of otoscope (with run.json) at {folder}, found none") from None
    except PermissionError as error:
        raise permission_error(error) from None
    except (ValueError, KeyError, TypeError, AttributeError, IsADirectoryError, RecursionError):
        raise InputError(f"{path} is damaged: expected the JSON that otoscope wrote; copy the run again") from None
    check_version(version, folder)
    if record.get(DIGEST) != _digest(content):
        raise InputError(f"{path} was changed after otoscope wrote it; copy the run again, or repeat its command")
    return content


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(as_json(content), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
