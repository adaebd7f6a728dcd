"""The processes of a distributed training, as torchrun and accelerate number them in the environment."""

import os


def process_rank() -> int:
    """Return the number of this process, from 0; 0 outside of a distributed training."""
    return int(os.environ.get("RANK", 0))


def process_count() -> int:
    """Return the number of processes; 1 outside of a distributed training."""
    return int(os.environ.get("WORLD_SIZE", 1))


def is_first_process() -> bool:
    """Return whether this process writes and prints for all."""
    return process_rank() == 0
