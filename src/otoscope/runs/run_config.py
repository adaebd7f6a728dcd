"""Everything that decides a run's numbers, as plain data: stored with the run, compared when it is resumed."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lhotse import MonoCut

from otoscope.corpus import fingerprint
from otoscope.models.encoder import Encoder
from otoscope.results import Bootstrap

MEASURED_BY = ("otoscope", "torch", "transformers", "lhotse", "numpy", "scipy", "soundfile")


def make_plan(
    encoder: Encoder, cuts: list[MonoCut], corpus: str, statistics: Iterable[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """The plan of measuring `statistics` of `encoder` on `cuts`; `options` says how the corpus was read."""
    bootstrap = Bootstrap()
    return {
        "model": {
            "name": encoder.name if encoder.name == "bundled" else located(encoder.name),
            "family": encoder.family.model_type,
            "mechanism": encoder.family.mechanism,
            "fingerprint": model_fingerprint(encoder),
            "dtype": str(encoder.model.dtype).removeprefix("torch."),
            "device": encoder.device.type,
            "padded_batches": encoder.padding_invariant,
        },
        "intervention": {
            "removed": sorted(list(head) for head in encoder.intervention.removed),
            "radius": encoder.intervention.radius,
            "renormalise": encoder.intervention.renormalise,
        },
        "corpus": {"path": located(corpus), **options, "utterances": len(cuts), "fingerprint": fingerprint(cuts)},
        "statistics": list(statistics),
        "bootstrap": {"resamples": bootstrap.resamples, "seed": bootstrap.seed},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in MEASURED_BY}},
    }


def located(name: str) -> str:
    """`name`, as an absolute path where it is one on this machine."""
    return str(Path(name).resolve()) if Path(name).exists() else name


def model_fingerprint(encoder: Encoder) -> str:
    """SHA-256 over the model's configuration, its feature extractor's, and all weights by name, shape and value."""
    digest = hashlib.sha256()
    for settings in (encoder.model.config.to_diff_dict(), encoder.extractor.to_dict()):
        settings.pop("_name_or_path", None)
        digest.update(json.dumps(settings, sort_keys=True, default=repr).encode())
    for name, tensor in sorted(encoder.model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
