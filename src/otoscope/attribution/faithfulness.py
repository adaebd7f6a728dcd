"""From a model and a corpus to how faithful attention is to outputs, as a run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from lhotse import CutSet

from otoscope.attribution import ATTRIBUTIONS, OUTPUTS
from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.attribution.dataset import RANDOM, Measured, faithfulness_dataset
from otoscope.attribution.head_groups import HeadGroups, measure_groups
from otoscope.attribution.input_states import check_input, read_input
from otoscope.attribution.measure import DISTANCE, MeasurePlan
from otoscope.attribution.options import FaithfulnessOptions
from otoscope.attribution.pieces import Pieces
from otoscope.attribution.scored_output import ChooseOutputs, OutputRequest, ScoredOutput
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe import require_unmodified, training_config
from otoscope.results import Run
from otoscope.runs.cache import RunResult, check_out, load_or_compute, read_arrays, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)
from otoscope.typing import Floats

KIND = "faithfulness"
SEEDS = 1 << 64  # numpy has no negative seeds
MIN_PIECES = 5  # fewer pieces have no order


@dataclass(frozen=True, eq=False)
class AttributionChoice:
    """The attributions of a run by name, and the reason for each that the model does not allow."""

    attributions: Mapping[str, Attribution]
    unavailable: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class FaithfulnessJob:
    """A model, its speech, the output that is attributed, and what it is attributed by."""

    encoder: Encoder
    source: SpeechSource
    speech: LoadedSpeech
    output: ScoredOutput
    choice: AttributionChoice
    options: FaithfulnessOptions
    training: Training
    seed: int

    @cached_property
    def groups(self) -> HeadGroups:
        """The groups of the heads of the model, measured on the speech."""
        return measure_groups(self.encoder, self.speech)

    @cached_property
    def plan(self) -> MeasurePlan:
        """What is measured of each utterance."""
        heads = self.groups.draw(self.options.heads, self.seed)
        return MeasurePlan(self.choice.attributions, heads, self.output.is_log)

    @cached_property
    def choose(self) -> ChooseOutputs:
        """What draws outputs of utterances."""
        request = OutputRequest(self.encoder, self.speech, self.training, open_cache(self.options.cache))
        return self.output.make(request)

    def result(self, folder: Path) -> RunResult:
        """Return the Dataset of the run and the skipped utterances; each utterance is stored once it is measured."""
        measured: dict[int, dict[str, Floats]] = {}
        with progress("attributing", self.speech.seconds) as on_progress:
            for index, cut in enumerate(self.speech.cuts):
                if (arrays := self._stored(index, folder / "shards" / f"utterance-{index:06}.npz")) is not None:
                    measured[index] = arrays
                on_progress(cut.duration)
        if not measured:
            raise InputError(
                f"expected utterances with an output '{self.output.name}' and {MIN_PIECES} pieces or more, found none "
                f"of {len(self.speech.cuts)}; add speech, or lower --piece"
            )
        cuts, waves = ([each[index] for index in measured] for each in (self.speech.cuts, self.speech.waves))
        speech = LoadedSpeech(cuts, waves, self.speech.skipped, self.speech.phones)
        names = next(iter(measured.values()))
        dataset = self._dataset({name: np.stack([each[name] for each in measured.values()]) for name in names}, speech)
        return add_coordinates(dataset, KIND, self.encoder, self.source, speech), self.speech.skipped

    def _stored(self, index: int, path: Path) -> dict[str, Floats] | None:
        """Return the arrays of an utterance, computed if the file does not exist; None without an output."""
        if path.exists():
            return read_arrays(path)
        rng = np.random.default_rng([self.seed, crc32(str(self.speech.cuts[index].id).encode())])
        context = self._context(index, rng)
        return None if context is None else load_or_compute(path, lambda: self.plan.measure(context, rng))

    def _context(self, index: int, rng: np.random.Generator) -> AttributionContext | None:
        wave = self.speech.waves[index]
        size = max(1, round(self.options.piece / self.encoder.frame_period))
        pieces = Pieces(self.encoder.num_frames(wave), size)
        outputs = self.choose(index, self.options.answers, rng) if pieces.count >= MIN_PIECES else None
        return None if outputs is None else AttributionContext(read_input(self.encoder, wave), wave, outputs, pieces)

    def _placed(self, left_uskf: Floats) -> Floats:
        """Return what is left in the orders of drawn heads at their places in `[u, s, layer, head, f]`, else NaN."""
        u, s, _, f = left_uskf.shape
        placed = np.full((u, s, *self.groups.category.shape, f), np.nan)
        for number, (layer, head) in enumerate(self.plan.heads):
            placed[:, :, layer, head] = left_uskf[:, :, number]
        return placed

    def _dataset(self, rows: dict[str, Floats], speech: LoadedSpeech) -> Any:
        plan, groups = self.plan, self.groups
        rows["head_left"] = self._placed(rows["head_left"])
        random = np.full((*rows["order_agreement"].shape[:2], 1), np.nan)
        rows["order_agreement"] = np.concatenate([random, rows["order_agreement"]], axis=-1)
        measured = Measured(rows, groups.members, speech.clusters)
        labels = {"relevance": plan.relevances, "score": plan.by_head, "order": [RANDOM, *plan.orders]}
        heads = {"category": groups.category.astype(object), "shape": groups.shape.astype(object)}
        return faithfulness_dataset(measured, heads, labels).assign_attrs(
            output=self.output.name,
            unit=self.output.unit,
            piece=self.options.piece,
            not_measured=dict(self.choice.unavailable),
        )


def choose_attributions(names: tuple[str, ...], encoder: Encoder) -> AttributionChoice:
    """Return the attributions with these names and `distance`; without names, all that the model allows.

    Raises:
        InputError: an unknown name, one that the model does not allow, or no relevance or no attribution of heads.
    """
    chosen = ATTRIBUTIONS.select(dict.fromkeys([*names, DISTANCE]) if names else None)
    roles = {("relevance" if each.role == "relevance" else each.per_head) for each in chosen.values()}
    if not {"relevance", True} <= roles:
        raise InputError(
            "expected a relevance and a score of heads in --attributions, such as occlusion,attention; found "
            f"{','.join(names)}"
        )
    unavailable = {}
    for name, each in chosen.items():
        try:
            each.check_model(encoder)
        except InputError as error:
            if names:
                raise
            unavailable[name] = str(error)
    return AttributionChoice({name: chosen[name] for name in chosen if name not in unavailable}, unavailable)


def faithfulness(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    attribution: FaithfulnessOptions | None = None,
    options: SpeechOptions | None = None,
) -> Run:
    """Measure how far attention agrees with relevance, and how faithful both are to an output.

    Outputs are drawn in each utterance. Attributions score pieces of the utterance for each output: relevance follows
    from the output itself (gradients, occlusion), the others from attention. Agreement is their rank correlation.
    Faithfulness is how early the score of the output falls as pieces are deleted in the order of an attribution.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        attribution: the output, the attributions, and how many outputs and heads are drawn.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: agreements of heads, categories and shapes, and deletion curves, with intervals.

    Raises:
        InputError: the model lacks the output, labels are missing, an attribution is unknown or unavailable, or an
            error of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> few = FaithfulnessOptions(output="reconstruction", answers=1, heads=0, piece=0.3)
        >>> speech = SpeechOptions(limit=2)
        >>> with TemporaryDirectory() as folder:
        ...     run = faithfulness("bundled", "bundled", f"{folder}/run", attribution=few, options=speech)
        ...     run.dataset["group_agreement"].dims, float(run.dataset["curve"].sel(order="occlusion").values[0])
        (('relevance', 'score', 'group'), 1.0)
    """
    attribution, options = attribution or FaithfulnessOptions(), options or SpeechOptions()
    output, training, source = (
        OUTPUTS.get(attribution.output),
        training_config(attribution.seeds),
        make_source(corpus, options),
    )
    settings: dict[str, Any] = {"training": asdict(training), "seed": options.seed}
    settings |= {name: getattr(attribution, name) for name in ("output", "answers", "piece", "heads")}
    check_out(out, model, source, resume=options.resume, **settings)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    check_input(encoder)
    output.check_model(encoder)
    choice = choose_attributions(attribution.attributions, encoder)
    settings["attributions"] = list(choice.attributions)
    speech = read_speech(source, encoder)
    output.check_cuts(speech.cuts)
    plan = make_plan(encoder, speech.cuts, source.name, (), source.options) | settings
    job = FaithfulnessJob(encoder, source, speech, output, choice, attribution, training, options.seed % SEEDS)
    return resume_or_run(out, plan, job.result, resume=options.resume)
