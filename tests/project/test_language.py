"""The project's text uses the words of the field: no metaphors, no archaic words, no verbs of hearing for programs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"(?<!\.)\b(house|rooms?|doors?|whoever|whatever|nobody|somebody|a person|persons?|told|tells?|hears|heard|stands?"
    r"|stood|lies|goes on|go on|going on|left out|leaves? out|beside|besides|ours|theirs|judges?|laws?"
    r"|abreast|takeaway)\b",
    re.IGNORECASE,
)
"""Words that the style guide rules out, as whole words; a method of another library, such as `file.tell`, is exempt."""
QUOTED = re.compile(r"“[^”]*”|^>.*$", re.MULTILINE)
"""Quotations of others' text in documents: the only place where these words may appear."""
FOLDERS = ("src/otoscope", "web/src", "docs", "tests", "benchmarks", "scripts", "experiments", ".github")
SUFFIXES = {".py", ".md", ".ts", ".tsx", ".css", ".toml", ".html", ".yml", ".cff"}
NOT_OURS = ("src/otoscope/viewer/assets/", "src/otoscope/bundled/speech/", "tests/project/test_language.py")
"""Built pages, and the sentences that the bundled voices speak."""


def text_files() -> list[Path]:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml", "SECURITY.md")]
    known = [path for path in (*files, *pages) if path.is_file() and "node_modules" not in path.parts]
    return sorted(path for path in known if not path.relative_to(ROOT).as_posix().startswith(NOT_OURS))


def ruled_out(text: str, suffix: str) -> list[str]:
    """Return line and word of each use of a word that the style guide rules out, in a file with this ending."""
    own = QUOTED.sub("", text) if suffix == ".md" else text
    matches = ((number, WORDS.search(line)) for number, line in enumerate(own.splitlines(), start=1))
    return [f"{number}: {match[0]}" for number, match in matches if match]


def test_text_uses_the_words_of_the_field():
    uses = {
        str(path.relative_to(ROOT)): ruled_out(path.read_text(encoding="utf-8"), path.suffix) for path in text_files()
    }
    assert len(uses) > 1000
    assert {path: words for path, words in uses.items() if words} == {}


def test_a_word_that_is_ruled_out_is_reported_unless_a_document_quotes_it():
    assert ruled_out("a model\n“a person”", ".py") == ["2: a person"]
    assert ruled_out("“a person”\n> a person\na person", ".md") == ["3: a person"]
