"""Options of `segment` and of `boundaries`. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.runs.options import check_output, option
from otoscope.segmentation.detectors import DETECTORS
from otoscope.segmentation.levels import LEVELS, check_level
from otoscope.segmentation.protocols import STRICT, check_protocol

MAX_SHIFTS = 16
FORMS = ("textgrid", "ctm", "csv", "json")
"""Forms of files of boundaries."""


@dataclass(frozen=True, kw_only=True)
class SegmentationOptions:
    """Say what `segment` looks for, and how it tunes.

    Attributes:
        level: units between which boundaries are: `phone`, `syllable` or `word`. Syllables come from phones by
            sonority.
        validation: speakers to tune on, or `buckeye` for its published parts; if empty, every fourth speaker in order
            of id.
        tolerance: largest distance of a correct boundary from its reference, in seconds; None takes the customary one,
            0.020 for phones and 0.050 for syllables and words.
        shifts: runs of the model per frame, each on the wave without a further part of a frame. The cost grows with
            this number. 0 measures the published method alone, and writes no segmenter.
        protocol: protocol of the R-value to tune for: `strict`, `lenient` or `phone-metrics`. Tables have all three.
        detectors: further detectors to compare, names of `otoscope.segmentation.detectors.DETECTORS`; if empty, all
            of them for syllables and words, and none for phones.

    Raises:
        InputError: the tolerance is not above zero, `shifts` is not from 0 to 16, or the level, the protocol or a
            detector is unknown.

    Examples:
        >>> SegmentationOptions().seconds, SegmentationOptions(level="word").seconds
        (0.02, 0.05)
    """

    level: str = option("phone", "Units between boundaries: phone, syllable or word.")
    validation: tuple[str, ...] = option((), "Speakers to tune on, or buckeye; default: every fourth.", "SPEAKER,...")
    tolerance: float | None = option(None, "Largest distance of a correct boundary, in seconds.")
    shifts: int = option(4, "Runs per frame, each shifted by a part of a frame; 0: the published method alone.")
    protocol: str = option(STRICT, "Protocol to tune for: strict, lenient or phone-metrics.")
    detectors: tuple[str, ...] = option((), "Further detectors; default: all for syllables and words.", "NAME,...")

    def __post_init__(self) -> None:
        """Check."""
        check_level(self.level)
        if not self.seconds > 0:
            raise InputError(f"expected a tolerance above 0 seconds, got {self.seconds}; use 0.020, the usual value")
        if not 0 <= self.shifts <= MAX_SHIFTS:
            raise InputError(f"expected --shifts from 0 to {MAX_SHIFTS}, found {self.shifts}; 4 is usual")
        check_protocol(self.protocol)
        DETECTORS.select(self.detectors)

    @property
    def seconds(self) -> float:
        """Return the tolerance in seconds."""
        return LEVELS[self.level].tolerance if self.tolerance is None else self.tolerance

    @property
    def detector_names(self) -> tuple[str, ...]:
        """Return the detectors to compare."""
        return self.detectors or (() if self.level == "phone" else DETECTORS.names())


@dataclass(frozen=True, kw_only=True)
class BoundaryOptions:
    """Say how `write_boundaries` reads recordings and what it writes.

    Attributes:
        format: forms of the files: `textgrid`, `ctm`, `csv` and `json`.
        model: the model, if it is not where it was when the segmenter was tuned.
        channel: channel of audio with several channels, from 0.
        device: torch device; `auto` takes a GPU if there is one.
        workers: number of processes; each loads the model.
        strict: stop at the first recording that cannot be used; otherwise skip it.

    Raises:
        InputError: a form is unknown, or `workers` is less than 1.

    Examples:
        >>> BoundaryOptions().format
        ('textgrid',)
    """

    format: tuple[str, ...] = option(("textgrid",), f"Forms of the files: {', '.join(FORMS)}.", "FORM,...")
    model: str | None = option(None, "The model, if it has moved since the segmenter was tuned.")
    channel: int | None = option(None, "Channel of audio with several, from 0.")
    device: str = option("auto", "Torch device; auto takes a GPU if there is one.")
    workers: int = option(1, "Processes; each loads the model.")
    strict: bool = option(False, "Stop at a recording that cannot be used.")

    def __post_init__(self) -> None:
        """Check."""
        check_output(self.format, FORMS, self.workers)
