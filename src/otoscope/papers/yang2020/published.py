"""What was published, as `published.toml` has it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Published:
    """A claim: its words, of which experiment, what was seen, and the stage without which it cannot be asked.

    `said` are words that stand alone, where those by which it is known do not.
    """

    text: str
    experiment: str
    published: str
    needs: str
    said: str = ""

    @property
    def title(self) -> str:
        """As a table shows it."""
        return self.said or self.text


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))


def claims_published() -> list[Published]:
    """Every claim in order of the experiments.

    >>> claims_published()[0].text
    'categories are spread evenly over layers'
    """
    return [Published(**row) for row in _table()["claim"]]


def r_values_published() -> dict[tuple[str, str], float]:
    """Strict R-values by (model, method); MFCC needs no model.

    >>> r_values_published()["m3", "best head"]
    0.7999
    """
    return {(row["model"], row["method"]): row["value"] for row in _table()["r_value"]}
