"""The JSON that the page receives, one dataclass each; `web/src/core/schema.ts` is generated from here.

Arrays do not travel as JSON: `array_format.py` packs them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class VariableInfo:
    """An array of a run: its axes, shape, units (`1`: a pure number) and meaning."""

    name: str
    dims: list[str]
    shape: list[int]
    units: str
    doc: str


@dataclass(frozen=True)
class HeadInfo:
    """A head: its category, its own shape as text (may be empty), and the operations that it performs."""

    layer: int
    head: int
    category: str
    shape: str
    operations: list[str]


@dataclass(frozen=True)
class UtteranceInfo:
    """An utterance of a run; `stored`: the run stores its maps. Duration in seconds."""

    id: str
    frames: int
    duration: float
    speaker: str
    stored: bool


@dataclass(frozen=True)
class RunInfo:
    """A run: its model, its corpus, and what the page can show of it.

    `fingerprint` identifies the weights of the model; `part` names its heads: of the `encoder`, or of the decoder
    (`self`, `cross`); `corruption` is that of a run of patch; `labels` are the names along axes that have names;
    `no_model_reason` says why no map can be computed and no head removed (empty: a model is open).
    """

    name: str
    kind: str
    part: str
    corruption: str
    model: str
    fingerprint: str
    corpus: str
    synthetic: bool
    frame_period: float
    layers: int
    heads: list[HeadInfo]
    statistics: list[str]
    variables: list[VariableInfo]
    labels: dict[str, list[str]]
    utterances: list[UtteranceInfo]
    no_model_reason: str


@dataclass(frozen=True)
class RunList:
    """The runs of this viewer, in the order of the command line."""

    version: str
    runs: list[RunInfo]


@dataclass(frozen=True)
class Span:
    """A label with its start and end in seconds; for a phone also the folded phone and its class."""

    label: str
    start: float
    end: float
    folded: str
    group: str


@dataclass(frozen=True)
class UtteranceDetail:
    """Phones and words of an utterance, and why its audio cannot be played (empty: it can).

    `origin`: seconds at which the first frame begins.
    """

    phones: list[Span]
    words: list[Span]
    origin: float
    no_audio_reason: str


@dataclass(frozen=True)
class UtteranceContents:
    """The numbers of the utterances that contain each phone and each word, as far as their labels are open."""

    phones: dict[str, list[int]]
    words: dict[str, list[int]]


@dataclass(frozen=True)
class ScoreChange:
    """A score before and after an intervention; in `%` it is a share."""

    name: str
    units: str
    doc: str
    before: float
    after: float


@dataclass(frozen=True)
class MissingProbe:
    """A probe without a score, and why; `pending`: it is in training, and a later request has its score."""

    probe: str
    reason: str
    pending: bool


@dataclass(frozen=True)
class AblationResult:
    """The effect of an intervention on one utterance.

    `layers`: change of each layer's hidden states, as a share of their norm; `seconds`: duration of the computation.
    """

    layers: list[float]
    changes: list[ScoreChange]
    missing: list[MissingProbe]
    seconds: float


@dataclass(frozen=True)
class DifferenceRow:
    """A statistic of `a` and `b`, with the 95 % interval of a - b and its corrected p-value.

    `layer` and `head` are null for means over them; ends and p-value are null with too few clusters.
    """

    statistic: str
    layer: int | None
    head: int | None
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None


@dataclass(frozen=True)
class DifferenceTable:
    """Differences between two runs or heads, and lines about what was compared and corrected."""

    lines: list[str]
    rows: list[DifferenceRow]


@dataclass(frozen=True)
class ErrorMessage:
    """Why a resource is not available, in one line."""

    error: str
