"""Published parts of corpora: speakers to tune on, and speakers to report on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedSplit:
    """Speakers of one corpus.

    Attributes:
        validation: speakers to tune on.
        test: speakers to report on.
        source: publication.
    """

    validation: tuple[str, ...]
    test: tuple[str, ...]
    source: str


PUBLISHED_SPLITS: Mapping[str, PublishedSplit] = {
    "buckeye": PublishedSplit(
        ("s25", "s36", "s39", "s40"),
        ("s03", "s07", "s31", "s34"),
        "Kreuk, Keshet & Adi, Self-supervised contrastive learning for unsupervised phoneme segmentation, 2020",
    ),
}
"""By the name that `segment --validation` takes."""
