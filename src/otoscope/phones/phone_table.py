"""How phones are named: folded to the 39, as the corpus has them, or by a table of the user's own."""

import csv
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from otoscope.errors import InputError

FOLDINGS = ("auto", "39", "own")
HEADER = ["symbol", "phone"]

Folding = str | Mapping[str, str]
"""`auto`, `39`, `own`, or the phone of each symbol."""


def read_folding(choice: str) -> Folding:
    """Return a folding from the value of `--phones`: its name, or the phone of each symbol from a table.

    Args:
        choice: `auto`, `39`, `own`, or the path of a CSV or TSV file with the header `symbol,phone`.

    Raises:
        InputError: the file is not there or not such a table.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = Path(folder, "phones.csv").write_text("symbol,phone\\na:,a\\na,a\\n")
        ...     read_folding(f"{folder}/phones.csv")
        {'a:': 'a', 'a': 'a'}
    """
    if choice in FOLDINGS:
        return choice
    path = Path(choice)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"expected --phones {', '.join(FOLDINGS)} or the path of a table, found {choice}, which is no file"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"--phones {choice}: expected a table in UTF-8, but it cannot be read ({error})") from None
    return _table(text.split("\n"), choice)


def _table(lines: list[str], name: str) -> dict[str, str]:
    delimiter = "\t" if lines and "\t" in lines[0] else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter) if row]
    if not rows or rows[0] != HEADER:
        header = delimiter.join(rows[0]) if rows else "an empty file"
        raise InputError(f"--phones {name}: expected the header {delimiter.join(HEADER)!r}, found {header!r}; add it")
    table: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(HEADER) or not row[1]:
            raise InputError(f"--phones {name}, row {number}: expected a symbol and its phone, found {row}; correct it")
        symbol = unicodedata.normalize("NFC", row[0])
        if table.setdefault(symbol, row[1]) != row[1]:
            raise InputError(
                f"--phones {name}, row {number}: expected one phone for '{symbol}', found {table[symbol]} and "
                f"{row[1]}; remove one"
            )
    return table
