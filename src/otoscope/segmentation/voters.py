"""Methods that sum boundary scores over heads, shifts and parameters: what they consist of, as data.

A *voter* is one kind of features with its alpha and beta: the rows of one head, or spectral frames. A *voting* is a
list of voters with the number of shifts and the smoothing of the sum. `score_sum` computes the sum.
"""

from dataclasses import asdict, dataclass
from typing import Any

from otoscope.errors import InputError

ATTENTION, STATES, MFCC_FRAMES, LOG_MEL_FRAMES = "attention", "states", "MFCC", "log-mel"
BEST_HEAD, ENSEMBLE, WEIGHTED = "best head, shifted", "ensemble, shifted", "heads, weighted"
"""Names of methods of attention alone."""
WEIGHTED_STATES, WEIGHTED_LOG_MEL = "heads and states, weighted", "heads and log-mel, weighted"

VoterKey = tuple[str, int, int, float]
"""Source, layer, head and power of a voter."""


@dataclass(frozen=True)
class Voter:
    """Features of one kind, with their parameters.

    Attributes:
        source: `attention`, `states` (hidden states that a layer returns), `MFCC` or `log-mel`.
        alpha: width of the kernel, as a multiple of the median distance between frames of the recording.
        beta: threshold as a multiple of a row's mean.
        layer: layer of the head or of the states, from 0; -1 for spectral frames.
        head: number of the head in its layer; -1 for states and spectral frames.
        power: power of the weights of a row; at 0.5 the distance between rows is that of Hellinger.
        weights: weights of its score in the sum: one, or an odd number for times `lag` apart around each time.

    Examples:
        >>> Voter("attention", alpha=0.2, beta=2.0, layer=5, head=3).name
        '5.3'
    """

    source: str
    alpha: float
    beta: float
    layer: int = -1
    head: int = -1
    power: float = 1.0
    weights: tuple[float, ...] = (1.0,)

    @property
    def key(self) -> VoterKey:
        """Return what identifies the features of the voter; its parameters and weights are not part of it."""
        return self.source, self.layer, self.head, self.power

    @property
    def name(self) -> str:
        """Return layer and head, the layer of the states, or the name of the spectral frames."""
        if self.source == STATES:
            return f"states {self.layer}"
        return f"{self.layer}.{self.head}" if self.source == ATTENTION else self.source


@dataclass(frozen=True)
class Voting:
    """A method: voters whose scores are summed.

    Attributes:
        name: name in tables, and of the tier in files.
        voters: the features that vote.
        shifts: number of runs per frame, each on the wave shifted by a further part of a frame.
        smoothing: standard deviation in seconds of the Gaussian that smooths the sum.
        r_value: R-value on the validation part, by the protocol that the method was tuned for.
        lag: seconds between the times of the weights of a voter.

    Examples:
        >>> voting = Voting("one head", (Voter("attention", 0.2, 2.0, 5, 3),), shifts=4, smoothing=0.005, r_value=0.7)
        >>> Voting.from_json(voting.to_json()) == voting
        True
    """

    name: str
    voters: tuple[Voter, ...]
    shifts: int
    smoothing: float
    r_value: float
    lag: float = 0.0

    @property
    def chosen(self) -> str:
        """Return the names of the voters as text; states together: `5.3 1.3 states 4 0`."""
        states = [str(voter.layer) for voter in self.voters if voter.source == STATES]
        names = [voter.name for voter in self.voters if voter.source != STATES]
        return " ".join([*names, *(["states", *states] if states else [])])

    def to_json(self) -> dict[str, Any]:
        """Return the voting as an object of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Voting":
        """Return the voting that `to_json` wrote.

        Raises:
            InputError: a field is missing or unknown, or there is no voter.
        """
        try:
            voters = tuple(Voter(**{**voter, "weights": tuple(voter["weights"])}) for voter in content["voters"])
            if not voters:
                raise KeyError("voters")
            return cls(**{**content, "voters": voters, "r_value": float(content["r_value"])})
        except (TypeError, KeyError, ValueError) as error:
            raise InputError(f"expected a method of a segmenter, found other fields ({error})") from None
