"""Memory that Python has freed, returned to the operating system."""

import ctypes


def return_freed_memory() -> None:
    """Return freed memory to the operating system, where the C library can (glibc).

    The allocator keeps freed blocks of a few megabytes for later blocks of that size. Larger ones come from the system
    all the same, so that a process has both in memory. `malloc_trim` is a public function of glibc.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):  # Windows has no such library; macOS and musl have no such function
        return
    trim(0)
