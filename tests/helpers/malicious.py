"""A pickle that runs a command when it is loaded without care."""

import os
from pathlib import Path
from typing import Any


class Malicious:
    """Unpickled by Python's own loader, it makes a file: the witness."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.witness}",)
