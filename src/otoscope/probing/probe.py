"""Run probes on a model and a corpus, with two controls, and write a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.attention.interventions import NO_INTERVENTION
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.options import ProbingOptions
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.probe_reader import ProbeReader
from otoscope.probing.random_baseline import check_untrained, untrained
from otoscope.probing.scorer import Cache, Probe, Scorer
from otoscope.probing.scores import intervals, score, totals
from otoscope.results import Run
from otoscope.results.schema import INTERVAL, NO_INTERVAL, Variable, labelled
from otoscope.runs.cache import RunResult, check_out
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.part_map import Items, PartMap
from otoscope.runs.run_config import make_plan
from otoscope.runs.shared_run import make_place, run_parts
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Floats

KIND = "probes"
INTACT, UNTRAINED = "intact", "untrained"
CONDITIONS = (INTACT, UNTRAINED, "majority")
PROBE_TEXTS = ("doc", "metric")
VARIABLES = {
    "score": Variable(("probe", "reader"), "as `metric` says", "what the probe gets, over all utterances and seeds"),
    "score_interval": Variable(
        ("probe", "reader", "bound"), "as `metric` says", f"{INTERVAL} and over seeds; {NO_INTERVAL}"
    ),
    "total": Variable(("probe", "reader", "seed", "utterance"), "as `metric` says", "sum over the utterance's frames"),
    "count": Variable(("probe", "utterance"), "1", "frames, or utterances, that the sum is of; 0 where not scored"),
    "doc": Variable(("probe",), "1", "what the probe asks"),
    "metric": Variable(("probe",), "1", "what the score is"),
    "higher_is_better": Variable(("probe",), "1", "whether high scores are good; otherwise low scores are"),
}


@dataclass(frozen=True, eq=False)
class ProbeJob:
    """The probes of a command, and the model and the speech that they read."""

    encoder: Encoder
    probes: Mapping[str, Probe]
    training: Training
    source: SpeechSource
    speech: LoadedSpeech
    cache: Cache

    @cached_property
    def plan(self) -> dict[str, Any]:
        """Return all that decides the scores."""
        plan = make_plan(self.encoder, self.speech.cuts, self.source.name, (), self.source.options)
        return plan | {"probes": list(self.probes), "training": asdict(self.training)}

    @cached_property
    def readers(self) -> Mapping[str, ProbeReader]:
        """Return what the probes read: hidden states of the model, and of one of its shape without training."""
        control = {name: probe for name, probe in self.probes.items() if probe.trained or probe.runs_model}
        data = collect_hidden_states(self.encoder, self.speech)
        untrained_data = collect_hidden_states(untrained(self.encoder), self.speech)
        return {
            INTACT: ProbeReader(self.probes, data, self.training, self.cache),
            UNTRAINED: ProbeReader(control, untrained_data, self.training, self.cache),
        }

    def measure(self, parts: PartMap) -> dict[str, dict[str, Scorer]]:
        """Return the trained scorers of each reader; the run stores each net after its training.

        Raises:
            UnfinishedError: nets of other tasks are missing.
        """
        nets = [(name, number) for name, reader in self.readers.items() for number in range(len(reader.nets))]
        trained = parts.map(_train, Items("nets", "training probes", nets, [self.speech.seconds] * len(nets)))
        arrays = dict(zip(nets, trained, strict=True))
        return {
            name: reader.scorers([arrays[name, number] for number in range(len(reader.nets))])
            for name, reader in self.readers.items()
        }

    def finish(self, parts: PartMap) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        trained = self.measure(parts)
        intact = trained[INTACT]
        readers = [(intact, self.readers[INTACT].data), (intact | trained[UNTRAINED], self.readers[UNTRAINED].data)]
        scores = _dataset(self.probes, intact, _totals(intact, readers), self.speech.clusters)
        return add_coordinates(scores, KIND, self.encoder, self.source, self.speech), self.speech.skipped


def _train(job: ProbeJob, net: tuple[str, int], on_progress: OnProgress) -> dict[str, Any]:
    """Return the weights of a net, by the name of its reader and its number."""
    name, number = net
    weights = job.readers[name].train(number)
    on_progress(job.speech.seconds)
    return weights


def probe(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    probing: ProbingOptions,
    options: SpeechOptions | None = None,
    execution: ExecutionOptions | None = None,
) -> Run:
    """Measure what probes read from the final hidden states of a model, compared with a model without training.

    Trained probes are cross-validated: each utterance is tested by nets that were not trained on it (for phones,
    nor on its speaker), once for each seed. Controls: the same probes trained on a model of the same shape with random
    weights (`untrained`), and the commonest class (`majority`).

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        probing: names of the probes, number of seeds, and folder of trained networks.
        options: how to load the model and read the corpus.
        execution: where to compute: in this process, in several, or as a task of a cluster that measures a share.

    Returns:
        The finished run: the score of each probe on the intact model, on an untrained model and of the majority class.

    Raises:
        UnfinishedError: this task has measured its share, and shares of other tasks are missing.
        InputError: an unknown probe, missing labels, speakers or prediction head, or an error of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     few = SpeechOptions(limit=2)
        ...     probing = ProbingOptions(probes=("reconstruction",))
        ...     run = probe("bundled", "bundled", f"{folder}/run", probing=probing, options=few)
        ...     run.dataset["score"].sel(reader="intact").item() < run.dataset["score"].sel(reader="untrained").item()
        True
    """
    wanted, training = select_probes(probing.probes), training_config(probing.seeds)
    options = options or SpeechOptions()
    source, place = make_source(corpus, options), make_place(model, options, execution)
    check_out(out, model, source, resume=place.may_resume(out), probes=list(wanted), training=asdict(training))
    prepare = partial(prepare_probe, model, source, probing, options)
    return run_parts(out, place.prepare(out, prepare), prepare, place, ProbeJob.finish)


def prepare_probe(
    model: str | Path | Encoder, source: SpeechSource, probing: ProbingOptions, options: SpeechOptions
) -> ProbeJob:
    """Load the model and the speech, and return the job of `probe`. The arguments are those of `probe`."""
    wanted = select_probes(probing.probes)
    encoder = require_unmodified(resolve_encoder(model, options))
    check_untrained(encoder)
    check_model(wanted, encoder)
    speech = read_speech(source, encoder)
    check_cuts(wanted, speech)
    return ProbeJob(encoder, wanted, training_config(probing.seeds), source, speech, open_cache(probing.cache))


def _totals(
    scorers: Mapping[str, Scorer], readers: Sequence[tuple[Mapping[str, Scorer], ProbeData]]
) -> dict[str, Floats]:
    """Return totals `[reader, seed, utterance]` of each probe: those who read data, then the commonest class."""
    read = [totals(own, enumerate(data.hidden)) for own, data in readers]
    by_reader = [*read, {name: scorer.majority for name, scorer in scorers.items()}]
    return {name: np.stack([reader[name] for reader in by_reader]) for name in scorers}


def training_config(seeds: int) -> Training:
    """Return how probes are trained, with so many seeds. Raise InputError for none."""
    if seeds < 1:
        raise InputError(f"expected at least 1 seed for the probes, got {seeds}")
    return Training(seeds=seeds)


def require_unmodified(encoder: Encoder) -> Encoder:
    """Return the encoder. Raise InputError if it is under an intervention."""
    if encoder.intervention != NO_INTERVENTION:
        raise InputError("expected an intact model, but some of its heads are removed or its span is limited")
    return encoder


def check_model(probes: Mapping[str, Probe], encoder: Encoder) -> None:
    """Raise InputError if a probe needs a part that the model lacks."""
    for probe in probes.values():
        probe.check_model(encoder)


def check_cuts(probes: Mapping[str, Probe], speech: LoadedSpeech) -> None:
    """Raise InputError if a probe needs labels or speakers that the speech lacks."""
    for probe in probes.values():
        probe.check_cuts(speech.cuts)


def train_scorers(wanted: Mapping[str, Probe], data: ProbeData, training: Training, cache: Cache) -> dict[str, Scorer]:
    """Return scorers of some probes on some data, their nets trained."""
    return {name: probe.scorer(data, training, cache) for name, probe in wanted.items()}


def probe_variables(wanted: Mapping[str, Probe], scorers: Mapping[str, Scorer]) -> dict[str, np.ndarray]:
    """Return the description of each probe, and the count of each utterance, as variables of a Dataset."""
    texts = {name: np.array([getattr(probe, name) for probe in wanted.values()], object) for name in PROBE_TEXTS}
    return texts | {
        "higher_is_better": np.array([probe.higher_is_better for probe in wanted.values()], dtype=bool),
        "count": np.stack([scorers[name].count for name in wanted]),
    }


def _dataset(
    wanted: Mapping[str, Probe], scorers: Mapping[str, Scorer], total: Mapping[str, Floats], clusters: Clusters
) -> xr.Dataset:
    """Return scores of `total[probe] [reader, seed, utterance]`, with their intervals."""
    counts = {name: scorer.count for name, scorer in scorers.items()}
    values = probe_variables(wanted, scorers) | {
        "total": np.stack([total[name] for name in wanted]),
        "score": np.stack([score(total[name], counts[name]) for name in wanted]),
        "score_interval": np.stack([intervals(total[name], counts[name], clusters) for name in wanted]),
    }
    coords = {"probe": np.array(list(wanted), object), "reader": np.array(CONDITIONS, object)}
    variables = labelled(VARIABLES, values)
    coords |= {"bound": np.array(["low", "high"], object)}
    return xr.Dataset(variables, coords, {"clusters": clusters.text})
