"""What the page is told in JSON, one dataclass each; `web/src/schema.ts` is generated from here (see `typescript.py`).

Arrays never travel this way: they are blocks (`block.py`).
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
    """A head and the list in which it stands highest; what it is named to do, where relations were measured."""

    layer: int
    head: int
    category: str
    operations: list[str]


@dataclass(frozen=True)
class UtteranceInfo:
    """An utterance of a run; `stored`: its maps lie in the run."""

    id: str
    frames: int
    duration: float
    speaker: str
    stored: bool


@dataclass(frozen=True)
class RunInfo:
    """A run: what was measured, of what, and what of it can be shown.

    `fingerprint` is of the model's weights and differs where they do; `labels` are the names along axes that have
    names; `modelless` says why no map can be computed and no head switched off (empty: a model is there).
    """

    name: str
    kind: str
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
    modelless: str


@dataclass(frozen=True)
class Catalogue:
    """Everything that this viewer shows: runs in the order in which they were named."""

    version: str
    runs: list[RunInfo]


@dataclass(frozen=True)
class Span:
    """A label and its stretch of time, in seconds; of a phone also the one it folds to and its class."""

    label: str
    start: float
    end: float
    folded: str
    group: str


@dataclass(frozen=True)
class UtteranceDetail:
    """What is heard when: phones (`group` is their class) and words, and why there is no sound (empty: there is).

    `origin`: seconds at which the first frame begins.
    """

    phones: list[Span]
    words: list[Span]
    origin: float
    silent: str


@dataclass(frozen=True)
class Change:
    """A number before and after heads were switched off or the span was limited."""

    name: str
    units: str
    doc: str
    before: float
    after: float


@dataclass(frozen=True)
class Ablation:
    """What an intervention does to one utterance.

    `layers`: change of each layer's hidden state, as a share of its norm; `seconds`: how long it took.
    """

    layers: list[float]
    changes: list[Change]
    missing: list[str]
    seconds: float


@dataclass(frozen=True)
class Problem:
    """Why something cannot be shown, in one line."""

    error: str
