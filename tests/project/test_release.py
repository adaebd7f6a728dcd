"""The version is the same in the package's metadata, the citation file and the newest section of the changelog."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)
BULLET = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)
VERBS = ("Add", "Change", "Fix", "Move", "Remove", "Rename", "Replace", "Rewrite")


def changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_version_and_date_are_the_same_everywhere():
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    version, date = SECTION.findall(changelog())[0]
    assert version == metadata["version"]
    assert f"version: {version}\ndate-released: {date}\n" in citation


def test_a_change_is_one_bullet_of_at_most_two_lines_with_its_verb_first():
    for bullet in BULLET.findall(changelog()):
        assert bullet.startswith(tuple(f"- {verb} " for verb in VERBS)), bullet
        assert bullet.count("\n") <= 1, bullet
