"""The plan of a run: all settings that decide its numbers. The run stores it, and --resume compares it."""

import platform
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lhotse import MonoCut
from torch import nn

from otoscope._io.versions import installed_version
from otoscope.attention.kernels.torch_tiles import fused_kernel
from otoscope.corpus.cut_fingerprint import cut_digest, join_digests
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint
from otoscope.models.load import model_name
from otoscope.results import Run

RECORDED_PACKAGES = ("otoscope", "torch", "transformers", "lhotse", "numpy", "scipy", "soundfile", "numba")
"""Packages that decide the numbers of a run. Where numba is not installed, the kernel is another one."""


def make_plan(
    encoder: Encoder, cuts: Iterable[MonoCut], corpus: str, statistics: Iterable[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the plan of a run that measures `statistics` of `encoder` on `cuts`; `options` are those of the corpus."""
    digests = list(map(cut_digest, cuts))  # of files that this process has decoded, without reading them again
    return {
        **model_plan(encoder),
        "corpus": {
            "path": resolve_path(corpus),
            **options,
            "utterances": len(digests),
            "fingerprint": join_digests(digests),
        },
        "statistics": list(statistics),
    }


def model_plan(encoder: Encoder) -> dict[str, Any]:
    """Return the part of a plan that names the model, what was changed in it, and the versions."""
    return {
        "model": {
            "name": model_path(encoder.name),
            "family": encoder.family.model_type,
            "mechanism": encoder.family.mechanism,
            "fingerprint": model_fingerprint(encoder),
            "dtype": str(encoder.model.dtype).removeprefix("torch."),
            "device": encoder.device.type,
            "padded_batches": encoder.padding_invariant,
            "kernel": fused_kernel(encoder.device),
            **_adapter(encoder),
        },
        "intervention": encoder.intervention.settings,
        "versions": recorded_versions(),
    }


def _adapter(encoder: Encoder) -> dict[str, Any]:
    """Return what the plan records of a merged adapter; nothing without one."""
    if encoder.adapter is None:
        return {}
    return {"adapter": {"kind": encoder.adapter.kind, "base": model_path(encoder.adapter.base)}}


def requested_settings(
    model: str | Path | nn.Module | Encoder, corpus: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the part of `make_plan` that needs neither the model nor the speech.

    Args:
        model: what `load` takes.
        corpus: path of the corpus.
        options: options of the corpus.
    """
    return {**requested_model(model), "corpus": {"path": resolve_path(corpus), **options}}


def requested_model(model: str | Path | nn.Module | Encoder) -> dict[str, Any]:
    """Return the part of `model_plan` that does not need the model; `model` is what `load` takes."""
    return {"model": {"name": model_path(model_name(model))}, "versions": recorded_versions()}


def model_path(name: str) -> str:
    """Return the absolute path of a model folder; `bundled` and names of the hub stay as they are."""
    return name if name == "bundled" else resolve_path(name)


def recorded_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide the numbers of a run."""
    installed = {name: installed_version(name) for name in RECORDED_PACKAGES if name != "numba" or find_spec(name)}
    return {"python": platform.python_version(), **installed}


def resolve_path(name: str) -> str:
    """Return `name` as an absolute path if that path exists, otherwise unchanged."""
    return str(Path(name).resolve()) if Path(name).exists() else name


def require_same_model(run: Run, encoder: Encoder) -> None:
    """Check that `encoder` is the model that made a run, with the same weights and configuration.

    Raises:
        InputError: the run was made by another model, or the model has changed since.
    """
    if run.plan["model"]["fingerprint"] != model_fingerprint(encoder):
        raise InputError(
            f"expected the model that made {run.path}, {run.plan['model']['name']} in {run.plan['model']['dtype']}; "
            f"found another model, {encoder.name}, or changed weights; pass that model, or make a new run of this one"
        )
