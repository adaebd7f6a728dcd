"""The models of one `segment`, and the utterances that they are tuned and compared on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from otoscope.corpus import SkippedUtterance
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.phones import marker_name, phone_share
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.part_map import Items, PartMap
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import SpeechSource, read_speech
from otoscope.segmentation.levels import LEVELS, PHONE
from otoscope.segmentation.options import SegmentationOptions
from otoscope.segmentation.search import LayerReader, LayerTuning
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance, Split, split
from otoscope.segmentation.units import units_of
from otoscope.segmentation.voter_tuning import RunStore
from otoscope.typing import Floats

LEAST_PHONE_SHARE = 0.1
"""Share of the different symbols of a corpus that must be phones of a phone set."""
MAX_EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class SegmentJob:
    """The models to compare, and the utterances to compare them on.

    Attributes:
        encoders: the model, then the model to compare it with, if there is one.
        source: the corpus and the options that read it.
        parts: the utterances with phones, as validation and test part.
        skipped: utterances that the job does not use, with the reason of each.
        options: what to look for, and how to tune.
    """

    encoders: Sequence[Encoder]
    source: SpeechSource
    parts: Split
    skipped: Sequence[SkippedUtterance]
    options: SegmentationOptions

    @property
    def encoder(self) -> Encoder:
        """Return the model."""
        return self.encoders[0]

    @cached_property
    def part(self) -> SearchPart:
        """Return what the first model is tuned on."""
        return SearchPart(self.encoder, self.parts.validation, self.options)

    @cached_property
    def runs(self) -> RunStore:
        """Return what voters read from the utterances that the first model is tuned on, until they have scores."""
        return RunStore(self.part)

    @cached_property
    def readers(self) -> list[LayerReader]:
        """Return the readers of the layers of each model."""
        return [LayerReader(encoder, self.parts.validation) for encoder in self.encoders]

    @cached_property
    def plan(self) -> dict[str, Any]:
        """Return everything that determines the numbers of the run."""
        return make_job_plan(self)

    def measure(self, parts: PartMap) -> list[list[LayerTuning]]:
        """Return the tuned parameters of the layers of each model; the run stores those of each layer.

        Raises:
            UnfinishedError: layers of other tasks are missing.
        """
        layers = [(place, layer) for place, encoder in enumerate(self.encoders) for layer in range(encoder.n_layers)]
        seconds = sum(utterance.cut.duration for utterance in self.parts.validation)
        items = Items("layers", f"tuning {len(layers)} layers", layers, [seconds] * len(layers))
        tuned = [LayerTuning.from_array(part["tuned"]) for part in parts.map(_tune_layer, items)]
        return [
            [tuning for tuning, (own, _) in zip(tuned, layers, strict=True) if own == place]
            for place in range(len(self.encoders))
        ]

    def attrs(self) -> dict[str, Any]:
        """Return attributes that describe the split and what is scored."""
        parts = {"validation": self.parts.validation, "test": self.parts.test}
        return {
            "level": self.options.level,
            "tolerance": self.options.seconds,
            "protocol": self.options.protocol,
            "parted_by": self.parts.split_by,
            "validation_utterances": len(self.parts.validation),
            **{f"{name}_speakers": sorted({utterance.speaker for utterance in part}) for name, part in parts.items()},
        }


def _tune_layer(job: SegmentJob, item: tuple[int, int], on_progress: OnProgress) -> dict[str, Floats]:
    """Return the tuned parameters of a layer, by the place of its model and its number."""
    place, layer = item
    tuned = job.readers[place].tune(layer, job.options.seconds)
    on_progress(sum(utterance.cut.duration for utterance in job.parts.validation))
    return {"tuned": tuned.to_array()}


def prepare_job(encoders: Sequence[Encoder], source: SpeechSource, options: SegmentationOptions) -> SegmentJob:
    """Select the utterances that have labels and that every model accepts, and split them.

    Raises:
        InputError: no utterance has labels of the level; one has none and the corpus is read strictly; or a part is
            empty.
    """
    speech = [read_speech(source, encoder) for encoder in encoders]
    skipped = {utterance.id: utterance for model_speech in speech for utterance in model_speech.skipped}
    utterances, unlabelled = [], []
    for place, cut in enumerate(speech[0].cuts):
        if cut.id not in skipped and (units := units_of(cut, LEVELS[options.level])):
            utterances.append(LabelledUtterance(speech[0].cuts, place, units))
        elif cut.id not in skipped:
            unlabelled.append(SkippedUtterance(cut.id, f"it has no {LEVELS[options.level].labels} labels"))
    labels = LEVELS[options.level].labels
    if not utterances:
        raise InputError(
            f"expected utterances with {labels}s, found none among {len(unlabelled)} utterances of "
            f"{source.name}; give labels, or name their tier"
        )
    if unlabelled and source.strict:
        raise InputError(f"{unlabelled[0].id}: {unlabelled[0].reason}; add labels or omit --strict")
    if options.level == PHONE and source.phones == "auto":
        _check_phones(utterances)
    parts = split(utterances, options.validation)
    return SegmentJob(encoders, source, parts, [*skipped.values(), *unlabelled], options)


def _check_phones(utterances: Sequence[LabelledUtterance]) -> None:
    """Raise InputError if hardly any label is a phone."""
    symbols = [symbol for utterance in utterances for symbol, _, _ in utterance.units]
    spoken = [symbol for symbol in symbols if marker_name(symbol) is None]
    if phone_share(spoken) < LEAST_PHONE_SHARE:
        examples = ", ".join(list(dict.fromkeys(spoken))[:MAX_EXAMPLES])
        raise InputError(
            f"expected phones as labels, found others, such as {examples}; name the tier of phones with --tier, use "
            "--level word, or accept these labels with --phones own"
        )


def make_job_plan(job: SegmentJob) -> dict[str, Any]:
    """Return everything that determines the numbers of the run."""
    utterances = [*job.parts.validation, *job.parts.test]
    plans = [
        make_plan(encoder, (utterance.cut for utterance in utterances), job.source.name, (), job.source.options)
        for encoder in job.encoders
    ]
    validation = [utterance.cut.id for utterance in job.parts.validation]
    against = [{name: plan[name] for name in ("model", "intervention")} for plan in plans[1:]]
    own = {"against": against, "validation": validation}
    return plans[0] | own | {"segmentation": asdict(job.options)}
