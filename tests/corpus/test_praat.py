"""Lines of a TextGrid end at LF, CR or both: a comment takes the rest of its line and no more."""

import pytest

from otoscope.corpus.labels import Interval
from otoscope.corpus.praat import Tier, decode, parse_grid

GRID = """File type = "ooTextFile"
Object class = "TextGrid"
! corrected by hand, 2 tiers "planned"
0 1 <exists> 1
"IntervalTier" "phones" 0 1 1
0 1 "a" ! the vowel
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_comment_ends_with_its_line(end: str) -> None:
    grid = parse_grid(decode(GRID.replace("\n", end).encode()))
    assert grid.tiers == [Tier("phones", [Interval("a", 0.0, 1.0)])]


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_no_other_character_ends_a_comment_or_a_label(character: str) -> None:
    text = GRID.replace("by hand", f"by{character}9 hand").replace('"a"', f'"a{character}b"')
    assert parse_grid(text).tiers == [Tier("phones", [Interval(f"a{character}b", 0.0, 1.0)])]
