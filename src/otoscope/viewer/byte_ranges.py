"""Parts of a response by the header Range, with which browsers request audio (RFC 9110, section 14)."""

import re

ONE_RANGE = re.compile(r"bytes=(?P<first>\d{0,12})-(?P<last>\d{0,12})", re.ASCII)


def byte_range(header: str, size: int) -> range | None:
    """Return the bytes that a header asks for; empty where the content has none of them; None: send the whole.

    The whole is also the response to several ranges and to other units, as the RFC permits.

    >>> byte_range("bytes=2-5", 10), byte_range("bytes=-3", 10), byte_range("bytes=12-", 10)
    (range(2, 6), range(7, 10), range(0, 0))
    >>> byte_range("bytes=1-2,4-5", 10)
    """
    match = ONE_RANGE.fullmatch(header.strip())
    if match is None or not (match["first"] or match["last"]):
        return None
    if not match["first"]:
        return range(max(0, size - int(match["last"])), size)
    first, last = int(match["first"]), min(size - 1, int(match["last"] or size - 1))
    if match["last"] and int(match["last"]) < first:
        return None
    return range(first, last + 1) if first < size else range(0)
