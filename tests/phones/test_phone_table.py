"""A table of the user's own names the phones, or is refused with its row."""

from pathlib import Path

import pytest

from otoscope.errors import InputError
from otoscope.phones import fold_phones, read_folding


def table(folder: Path, text: str, name: str = "phones.tsv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.mark.parametrize("name", ["auto", "39", "own"])
def test_a_name_is_itself(name: str) -> None:
    assert read_folding(name) == name


@pytest.mark.parametrize("mark", ["\t", ","])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_table_names_the_phones(tmp_path: Path, mark: str, start: str) -> None:
    rows = [("symbol", "phone"), ("aː", "a"), ("a", "a"), ("y", "front u"), ("X", "nsn"), ("e\u0303", "e")]
    folding = read_folding(table(tmp_path, start + "\n".join(mark.join(row) for row in rows) + "\n\n"))
    folded = fold_phones(["aː", "a", "y", "X", "<p:>", "ẽ", "aː"], to=folding)
    assert folded.symbols == ("a", "a", "front u", "nsn", "sil", "e", "a")
    assert folded.unknown == ()


def test_a_symbol_that_is_not_in_the_table_is_named(tmp_path: Path) -> None:
    folding = read_folding(table(tmp_path, "symbol\tphone\na\ta\n"))
    with pytest.raises(InputError, match=r"expected a phone for each symbol .* found none in the table for b c"):
        fold_phones(["a", "b", "c", "sil"], to=folding)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected the header 'symbol,phone', found 'an empty file'"),
        ("a\ta\n", r"expected the header 'symbol\tphone', found 'a\ta'"),
        ("symbol,phone\na,b,c\n", "row 2: expected a symbol and its phone, found"),
        ("symbol,phone\na,\n", "row 2: expected a symbol and its phone, found"),
        ("symbol,phone\na,x\na,z\n", "row 3: expected one phone for 'a', found x and z"),
    ],
)
def test_a_table_of_another_form_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_folding(table(tmp_path, text))
    assert reason in str(refusal.value)


def test_what_is_no_file_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected --phones auto, 39, own or the path of a table, found 48, which"):
        read_folding("48")
    with pytest.raises(InputError, match="expected a table in UTF-8, but it cannot be read"):
        read_folding(str(tmp_path))
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="expected a table in UTF-8, but it cannot be read"):
        read_folding(str(tmp_path / "t.csv"))


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_rows_end_at_line_ends_alone(tmp_path: Path, character: str) -> None:
    """A symbol may hold a character that Python also counts as the end of a line."""
    assert read_folding(table(tmp_path, f"symbol,phone\r\na{character}b,a\r\n")) == {f"a{character}b": "a"}
