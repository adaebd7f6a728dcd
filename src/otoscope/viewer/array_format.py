"""Named arrays as bytes, as the page reads them: a short header, then each array at a multiple of eight bytes.

`OTO1`, the length of the header (uint32, little-endian), the header (JSON: `arrays`, each with name, dtype,
shape and offset, beside whatever else was said about them), then the arrays in C order, little-endian.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"OTO1"
DTYPES = ("uint8", "int32", "float32")
_ALIGN = 8

Arrays = Mapping[str, npt.NDArray[Any]]


def pack(arrays: Arrays, **about: Any) -> bytes:
    """Arrays of `DTYPES` and what is said about them as one block.

    >>> data = pack({"row": np.array([1, 2], dtype=np.uint8)}, level=3)
    >>> arrays, about = unpack(data)
    >>> arrays["row"].tolist(), about
    ([1, 2], {'level': 3})
    """
    entries, payload = [], bytearray()
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"a block holds {', '.join(DTYPES)}, not {array.dtype} ({name})")
        entries.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "offset": len(payload)})
        payload += np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        payload += bytes(-len(payload) % _ALIGN)
    header = json.dumps({"arrays": entries, **about}, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(MAGIC) + 4 + len(header)) % _ALIGN)
    return MAGIC + len(header).to_bytes(4, "little") + header + bytes(payload)


def unpack(data: bytes) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """What `pack` packed: the arrays, and what was said about them."""
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not a block")
    body = start + int.from_bytes(data[len(MAGIC) : start], "little")
    about = json.loads(data[start:body])
    arrays = {}
    for entry in about.pop("arrays"):
        dtype, count = np.dtype(entry["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"], dtype=int))
        flat = np.frombuffer(data, dtype, count, body + entry["offset"])
        arrays[entry["name"]] = flat.reshape(entry["shape"])
    return arrays, about
