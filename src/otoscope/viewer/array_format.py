"""The binary format in which the page receives arrays: a short header, then each array at a multiple of eight bytes.

`OTO1`, the length of the header (uint32, little-endian), the header (JSON: `arrays`, each with name, dtype,
shape and offset, and further attributes), then the arrays in C order, little-endian.
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


def pack(arrays: Arrays, **attributes: Any) -> bytes:
    """Pack arrays of `DTYPES` and attributes into bytes.

    >>> data = pack({"row": np.array([1, 2], dtype=np.uint8)}, level=3)
    >>> arrays, attributes = unpack(data)
    >>> arrays["row"].tolist(), attributes
    ([1, 2], {'level': 3})
    """
    entries, payload = [], bytearray()
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"expected {name} as one of {', '.join(DTYPES)}, found {array.dtype}")
        entries.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "offset": len(payload)})
        payload += np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        payload += bytes(-len(payload) % _ALIGN)
    header = json.dumps({"arrays": entries, **attributes}, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(MAGIC) + 4 + len(header)) % _ALIGN)
    return MAGIC + len(header).to_bytes(4, "little") + header + bytes(payload)


def unpack(data: bytes) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and attributes that `pack` packed."""
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError(f"expected bytes that begin with {MAGIC!r}, found {data[: len(MAGIC)]!r}")
    body = start + int.from_bytes(data[len(MAGIC) : start], "little")
    attributes = json.loads(data[start:body])
    arrays = {}
    for entry in attributes.pop("arrays"):
        dtype, count = np.dtype(entry["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"], dtype=int))
        flat = np.frombuffer(data, dtype, count, body + entry["offset"])
        arrays[entry["name"]] = flat.reshape(entry["shape"])
    return arrays, attributes
