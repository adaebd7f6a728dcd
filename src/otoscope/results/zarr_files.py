"""A folder as a store of zarr that reads and writes its files in the thread that asks.

zarr's own store of files gives each file to another thread. A run has some hundred small files, for which that takes
half of the time to write and to open them.
"""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from zarr.core.buffer import Buffer, default_buffer_prototype
from zarr.storage import MemoryStore


@dataclass(frozen=True)
class FileBuffers(MutableMapping[str, Buffer]):
    """The files below a folder by their relative path, as buffers of zarr.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     files = FileBuffers(Path(folder))
        ...     files["a/c.0"] = default_buffer_prototype().buffer.from_bytes(b"12")
        ...     list(files), files["a/c.0"].to_bytes(), "a" in files
        (['a/c.0'], b'12', False)
    """

    folder: Path

    def __getitem__(self, key: str) -> Buffer:
        """Return the content of a file."""
        try:
            return default_buffer_prototype().buffer.from_bytes((self.folder / key).read_bytes())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: Buffer) -> None:
        """Write a file, and the folders that contain it."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value.to_bytes())

    def __delitem__(self, key: str) -> None:
        """Remove a file."""
        try:
            (self.folder / key).unlink()
        except FileNotFoundError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the paths of all files, in order."""
        return (path.relative_to(self.folder).as_posix() for path in sorted(self.folder.rglob("*")) if path.is_file())

    def __contains__(self, key: object) -> bool:
        """Return whether a file exists; its content is not read."""
        return (self.folder / str(key)).is_file()

    def __len__(self) -> int:
        """Return the number of files."""
        return sum(1 for _ in self)


def zarr_files(folder: Path, *, read_only: bool = False) -> MemoryStore:
    """Return the store of a folder, which zarr and xarray open like any other."""
    return MemoryStore(FileBuffers(folder), read_only=read_only)
