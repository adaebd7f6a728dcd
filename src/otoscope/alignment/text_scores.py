"""Score words and their times where a model wrote the text: strict F1, and how confidence separates wrong words.

Strict F1 counts a word that is the same in text and labels, and within the tolerance; each label counts once
(arXiv 2509.09987). A word is wrong if it is on no path with the fewest word errors.

Axes: t tolerance, g speaker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu

from otoscope.alignment.aligner import Side
from otoscope.alignment.scores import LIMITS, rates_within
from otoscope.decoders.word_errors import match_words
from otoscope.results.intervals import LOGIT, interval, jackknife

FALSE_ALARMS = (0.05, 0.1, 0.2)
"""Shares of right words that count as wrong, at which a curve is read."""


@dataclass(frozen=True)
class TimedText:
    """The words that a model wrote for an utterance with labels.

    Attributes:
        speaker: of the utterance.
        labels, words: labelled and written words, in one spelling.
        label_times, times: seconds of each of them, for each side.
        sureness: of each written word, by what it is: `confidence` or `probability`; NaN: unknown.
    """

    speaker: str
    labels: Sequence[str]
    words: Sequence[str]
    label_times: Mapping[Side, np.ndarray]
    times: Mapping[Side, np.ndarray]
    sureness: Mapping[str, np.ndarray]

    @property
    def matches(self) -> list[tuple[int, int]]:
        """Places of labels and words that are the same."""
        return match_words(self.labels, self.words)

    @property
    def is_wrong(self) -> np.ndarray:
        """Whether each written word has no label."""
        right = {place for _, place in self.matches}
        return np.array([place not in right for place in range(len(self.words))], bool)

    def num_right(self, side: Side) -> np.ndarray:
        """Return the number of words that are the same and within each tolerance, `[t]`."""
        distance = [abs(self.times[side][word] - self.label_times[side][label]) for label, word in self.matches]
        return (np.array(distance, float)[:, None] <= LIMITS).sum(0)


@dataclass(frozen=True)
class TextScore:
    """Strict F1 of one method and one side of words.

    Attributes:
        method: what found the times.
        side: start or end.
        f1: within 20, 50, 100 and 200 ms.
        interval: 95 % interval of the F1 at 50 ms, over speakers; NaN with one speaker.
        labels, words: number of labelled words and of written words.
    """

    method: str
    side: str
    f1: tuple[float, ...]
    interval: tuple[float, float]
    labels: int
    words: int


@dataclass(frozen=True)
class ConfidenceScore:
    """How well a number separates wrong words from right ones.

    Attributes:
        name: of the number: `confidence` of the times, or `probability` of the word.
        area: area under the ROC curve: the probability that a wrong word has less confidence than a right one.
        interval: 95 % interval over speakers; NaN with one speaker.
        wrong_below: share of wrong words that are below the value of which 5, 10 and 20 % of the right words are.
        wrong, words: number of wrong words and of all.
    """

    name: str
    area: float
    interval: tuple[float, float]
    wrong_below: tuple[float, ...]
    wrong: int
    words: int


def score_texts(method: str, side: Side, texts: Sequence[TimedText]) -> TextScore:
    """Return the strict F1 of some texts."""
    labels, words = (np.array([len(getattr(text, name)) for text in texts]) for name in ("labels", "words"))
    right = np.array([2 * text.num_right(side) for text in texts])
    f1, bounds = rates_within(right, labels + words, [text.speaker for text in texts])
    return TextScore(method, side, f1, bounds, int(labels.sum()), int(words.sum()))


def score_confidence(name: str, texts: Sequence[TimedText]) -> ConfidenceScore:
    """Return how well a number separates wrong words from right ones; NaN if all are right, or all wrong."""
    wrong = np.concatenate([text.is_wrong for text in texts])
    sureness = np.concatenate([text.sureness[name] for text in texts])
    _, speaker = np.unique([text.speaker for text in texts for _ in text.words], return_inverse=True)

    def area(speakers: np.ndarray) -> float:
        is_theirs = np.isin(speaker, speakers)
        return roc_area(sureness[is_theirs & wrong], sureness[is_theirs & ~wrong])

    value = jackknife(area, len(np.unique(speaker)), "speaker")
    low, high = interval(value, LOGIT)
    below = roc_points(sureness[wrong], sureness[~wrong])
    return ConfidenceScore(name, float(value.value), (float(low), float(high)), below, int(wrong.sum()), len(wrong))


def roc_points(wrong: np.ndarray, right: np.ndarray) -> tuple[float, ...]:
    """Return the share of `wrong` below the value that each of `FALSE_ALARMS` of `right` is below; none if undefined.

    Examples:
        >>> roc_points(np.array([0.07, 0.6]), np.linspace(0, 1, 11))
        (0.0, 0.5, 0.5)
    """
    if not len(wrong) or not len(right):
        return ()
    return tuple(float(np.mean(wrong < limit)) for limit in np.quantile(right, FALSE_ALARMS))


def roc_area(wrong: np.ndarray, right: np.ndarray) -> float:
    """Return the probability that a value of `right` is above one of `wrong`; equal values count half.

    Examples:
        >>> roc_area(np.array([0.1, 0.6]), np.array([0.5, 0.9]))
        0.75
    """
    if not len(wrong) or not len(right):
        return float("nan")
    return float(mannwhitneyu(right, wrong).statistic / (len(wrong) * len(right)))


def text_table(scores: Sequence[TextScore], confidences: Sequence[ConfidenceScore]) -> str:
    """Return the scores as a table of text."""
    width = max(len(score.method) for score in scores)
    rows = [
        f"{score.method:<{width}}  {score.side:<5}  {score.f1[0]:.3f}  {score.f1[1]:.3f} "
        f"({score.interval[0]:.3f} to {score.interval[1]:.3f})  {score.f1[2]:.3f}   {score.f1[3]:.3f}"
        for score in scores
    ]
    head = f"{'strict F1, generated text':<{width}}  side   20 ms  50 ms (95 % interval)  100 ms  200 ms"
    first = confidences[0]
    return "\n".join(
        [
            head,
            *rows,
            f"{first.wrong} of {first.words} written words are wrong",
            "separated by   ROC area (95 %)          wrong words below 5, 10, 20 % of right ones",
            *(_confidence_row(score) for score in confidences),
        ]
    )


def _confidence_row(score: ConfidenceScore) -> str:
    low, high = score.interval
    below = "  ".join(f"{share:.3f}" for share in score.wrong_below)
    return f"{score.name:<13}  {score.area:.3f} ({low:.3f} to {high:.3f})  {below}"
