"""From a model and a corpus to what probes can read from the model, beside two controls, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.engine.plan import make_plan
from otoscope.engine.sources import Source, about, coordinates, read_speech
from otoscope.errors import BadInput
from otoscope.models.encoder import Encoder
from otoscope.models.intervention import NONE
from otoscope.models.load import load
from otoscope.probing.cache import cache_at
from otoscope.probing.discover import chosen
from otoscope.probing.evaluate import totals
from otoscope.probing.material import Material, gather
from otoscope.probing.net import Training
from otoscope.probing.scorer import Cache, Floats, Probe, Scorer
from otoscope.probing.scores import intervals, score
from otoscope.probing.untrained import untrained
from otoscope.results import Bootstrap, Run, claim_folder, finish, open_run
from otoscope.results.schema import Variable

KIND = "probes"
READERS = ("intact", "untrained", "majority")
OF_A_PROBE = ("doc", "metric", "better")
VARIABLES = {
    "score": Variable(("probe", "reader"), "as `metric` says", "what the probe gets, over all utterances and seeds"),
    "score_interval": Variable(
        ("probe", "reader", "bound"), "as `metric` says", "95 % bootstrap interval over seeds and utterances"
    ),
    "total": Variable(("probe", "reader", "seed", "utterance"), "as `metric` says", "sum over the utterance's frames"),
    "count": Variable(("probe", "utterance"), "1", "frames, or utterances, that the sum is of; 0 where not scored"),
    "doc": Variable(("probe",), "1", "what the probe asks"),
    "metric": Variable(("probe",), "1", "what the score is"),
    "better": Variable(("probe",), "1", "which scores are good: high or low"),
}


def probe(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    probes: Sequence[str],
    seeds: int = Training.seeds,
    cache: str | Path | None = None,
    device: str = "auto",
    dtype: str = "float32",
    limit: int | None = None,
    resume: bool = False,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
) -> Run:
    """What probes read from a model's final hidden states, and what they would read without its training.

    Trained probes are cross-validated: each utterance is tested by nets that have not heard it (nor, for phones, its
    speaker), once for each seed. Controls: the same probes trained on a model of the same shape with random weights
    (`untrained`), and the commonest class (`majority`).

    Args:
        model, corpus, out, device, dtype, limit, resume, format, tier, channel, strict: as for `analyze`.
        probes: of `reconstruction`, `hidden`, `phone`, `speaker-frame`, `speaker-utterance`.
        seeds: of splits and nets.
        cache: folder for trained nets; without it the person's cache (see `probing.cache`).

    Raises:
        BadInput: an unknown probe, one whose labels, speakers or prediction head are not there; as `analyze` does.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = probe("embedded", "embedded", f"{folder}/run", probes=["reconstruction"], limit=2)
        ...     run.dataset["score"].sel(reader="intact").item() < run.dataset["score"].sel(reader="untrained").item()
        True
    """
    wanted, training = chosen(probes), training_of(seeds)
    encoder = intact(model if isinstance(model, Encoder) else load(model, device=device, dtype=dtype))
    source = Source(corpus, limit, strict, {"format": format, "tier": tier, "channel": channel})
    speech = read_speech(source, encoder)
    plan = make_plan(encoder, list(speech.cuts), source.name, (), source.options)
    plan |= {"probes": list(wanted), "training": asdict(training)}
    material = gather(encoder, speech)
    scorers = prepared(wanted, material, training, cache_at(cache))
    if claim_folder(out, plan, resume=resume) != "finished":
        control = gather(untrained(encoder), speech)
        trained = {name: one for name, one in wanted.items() if one.trained}
        of_control = scorers | prepared(trained, control, training, cache_at(cache))
        read = [totals(scorers, enumerate(material.hidden)), totals(of_control, enumerate(control.hidden))]
        by_reader = [*read, {name: scorer.majority for name, scorer in scorers.items()}]
        dataset = _dataset(wanted, scorers, {name: np.stack([one[name] for one in by_reader]) for name in wanted})
        named = dataset.assign_coords(coordinates(speech, encoder)).assign_attrs(about(KIND, encoder, source))
        finish(out, named, speech.skipped)
    return open_run(out)


def training_of(seeds: int) -> Training:
    """How probes are trained, with so many seeds. Raises BadInput for none."""
    if seeds < 1:
        raise BadInput(f"expected at least 1 seed for the probes, got {seeds}")
    return Training(seeds=seeds)


def intact(encoder: Encoder) -> Encoder:
    """The encoder, found to be under no intervention. Raises BadInput where it is."""
    if encoder.intervention != NONE:
        raise BadInput("expected an intact model, but some of its heads are removed or its span is limited")
    return encoder


def prepared(wanted: Mapping[str, Probe], material: Material, training: Training, cache: Cache) -> dict[str, Scorer]:
    """Scorers of some probes on some material, their nets trained."""
    return {name: one.scorer(material, training, cache) for name, one in wanted.items()}


def probe_variables(wanted: Mapping[str, Probe], scorers: Mapping[str, Scorer]) -> dict[str, np.ndarray]:
    """What is said of each probe, and what each utterance counts, as variables of a Dataset."""
    texts = {name: np.array([getattr(one, name) for one in wanted.values()], object) for name in OF_A_PROBE}
    return texts | {"count": np.stack([scorers[name].count for name in wanted])}


def _dataset(wanted: Mapping[str, Probe], scorers: Mapping[str, Scorer], total: Mapping[str, Floats]) -> xr.Dataset:
    """Scores of `total[probe] [reader, seed, utterance]`, with their intervals."""
    counts = {name: scorer.count for name, scorer in scorers.items()}
    values = probe_variables(wanted, scorers) | {
        "total": np.stack([total[name] for name in wanted]),
        "score": np.stack([score(total[name], counts[name]) for name in wanted]),
        "score_interval": np.stack([intervals(total[name], counts[name], Bootstrap()) for name in wanted]),
    }
    coords = {"probe": np.array(list(wanted), object), "reader": np.array(READERS, object)}
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    return xr.Dataset(variables, coords | {"bound": np.array(["low", "high"], object)})
