"""Rows of numbers in a file, of which a block at a time is read: as much of an array as numpy, xarray and zarr need."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class RowFile:
    """Rows `[u, ...]` of 64-bit floats in a file; indexing reads those rows only.

    Args:
        path: the file.
        shape: shape of all rows.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "rows")
        ...     np.arange(6.0).tofile(path)
        ...     RowFile(path, (3, 2))[1:].tolist()
        [[2.0, 3.0], [4.0, 5.0]]
    """

    dtype = np.dtype(np.float64)

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        """Store the place; read nothing yet."""
        self.path, self.shape = path, shape

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Return the bytes of all rows."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[np.float64]:
        """Read rows; further indices apply to what was read."""
        rows, *others = key if isinstance(key, tuple) else (key,)
        start, stop, step = rows.indices(len(self)) if isinstance(rows, slice) else (0, len(self), 1)
        width = int(np.prod(self.shape[1:]))
        count = max(stop - start, 0)
        flat = np.fromfile(self.path, self.dtype, count * width, offset=start * width * self.dtype.itemsize)
        block = flat.reshape(count, *self.shape[1:])
        chosen: NDArray[np.float64] = block[::step] if isinstance(rows, slice) else block[rows]
        return chosen[(slice(None), *others)] if others else chosen

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return all rows in memory."""
        return self[:].astype(dtype or self.dtype, copy=False)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Make xarray keep the rows in their file; functions of numpy are for blocks."""
        return NotImplemented

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Make xarray keep the rows in their file; functions of numpy are for blocks."""
        return NotImplemented
