"""What the self-check of a model showed, stored by everything that decides it: the next load need not run it again."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from otoscope._io.home import cache_folder
from otoscope._io.saved_work import write_json
from otoscope._io.versions import installed_version
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint

LIBRARIES = ("otoscope", "torch", "transformers", "numpy")
CODE = ("attention", "models")
"""Packages of otoscope whose files decide what a self-check shows."""


def record_path(encoder: Encoder) -> Path | None:
    """Return the file for the result of a model, or None if weights and configuration do not decide what it computes.

    Such are classes that neither transformers nor otoscope defines, and modules with hooks or a `forward` of their own.
    """
    modules = list(encoder.model.modules())
    is_changed = any(m._forward_hooks or m._forward_pre_hooks or "forward" in vars(m) for m in modules)
    if is_changed or type(encoder.model).__module__.split(".")[0] not in ("transformers", "otoscope"):
        return None
    digest = hashlib.sha256(json.dumps(_conditions(encoder), sort_keys=True).encode())
    return cache_folder() / "checks" / f"{digest.hexdigest()}.json"


def read_check(path: Path, encoder: Encoder) -> Encoder | None:
    """Return the encoder as its self-check left it before, or None without a record of that."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return replace(
            encoder,
            layers=tuple(encoder.model.get_submodule(name) for name in record["layers"]),
            n_heads=tuple(record["n_heads"]),
            output_projections=tuple(record["output_projections"]),
            padding_invariant=record["padding_invariant"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no file, or one that is damaged
        return None


def write_check(path: Path, encoder: Encoder) -> None:
    """Store what the self-check showed, with modules by name; without a cache that can be written, do nothing."""
    names = {id(module): name for name, module in encoder.model.named_modules()}
    record = {
        "layers": [names[id(module)] for module in encoder.layers],
        "n_heads": encoder.n_heads,
        "output_projections": encoder.output_projections,
        "padding_invariant": encoder.padding_invariant,
    }
    with suppress(InputError, OSError):
        write_json(path, record, shared=True)


def _conditions(encoder: Encoder) -> Mapping[str, Any]:
    """Return what decides the result: the model, the number format, the code and the machine."""
    return {
        "model": model_fingerprint(encoder),
        "class": f"{type(encoder.model).__module__}.{type(encoder.model).__qualname__}",
        "family": re.sub(" at 0x[0-9a-f]+", "", repr(encoder.family)),
        "dtype": str(encoder.model.dtype),
        "device": _device_name(encoder.device),
        "threads": torch.get_num_threads(),
        "versions": {name: installed_version(name) for name in LIBRARIES},
        "code": _code_state(),
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


@cache
def _code_state() -> str:
    """Return a digest of the times and sizes of the files that measure, which a developer changes between versions."""
    package = Path(__file__).parents[1]
    files = sorted(file for folder in CODE for file in (package / folder).rglob("*.py"))
    states = [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]
    return hashlib.sha256(repr(states).encode()).hexdigest()
