"""What the paper reports: its claims and R-values, from `published.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from otoscope.papers.yang2020.claims.claim_id import ClaimId, Experiment
from otoscope.papers.yang2020.models import MODEL_NAMES, SEED_MODEL

ANY_MODEL = ""  # the model of a method that needs none


@dataclass(frozen=True)
class PublishedClaim:
    """A claim of the paper.

    Attributes:
        id: the id by which evaluations refer to the claim.
        text: the claim in words, for readers.
        experiment: the part of the paper that the claim belongs to.
        published: what the paper observed, for readers.
        needs: name of the stage without which the claim cannot be evaluated.
    """

    id: ClaimId
    text: str
    experiment: Experiment
    published: str
    needs: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))


def published_claims() -> dict[ClaimId, PublishedClaim]:
    """Return every claim by its id, in the order of the experiments.

    Examples:
        >>> published_claims()[ClaimId.CATEGORIES_EVEN].text
        'categories are spread evenly over layers'
    """
    claims = [_claim(**row) for row in _table()["claim"]]
    return {claim.id: claim for claim in claims}


def _claim(id: str, text: str, experiment: str, published: str, needs: str) -> PublishedClaim:
    return PublishedClaim(ClaimId(id), text, Experiment(experiment), published, f"{SEED_MODEL}/{needs}")


def published_r_values() -> dict[tuple[str, str], float]:
    """Return the strict R-values by (model, method); the model of a method that needs none is `ANY_MODEL`.

    Examples:
        >>> published_r_values()["m3", "best head"]
        0.7999
    """
    rows = _table()["r_value"]
    if unknown := {row["model"] for row in rows} - {*MODEL_NAMES, ANY_MODEL}:
        raise ValueError(f"published.toml: expected models {', '.join(MODEL_NAMES)}, found {', '.join(unknown)}")
    return {(row["model"], row["method"]): row["value"] for row in rows}
