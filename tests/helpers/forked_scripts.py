"""Several scripts, each in a process of its own, forked from one that has imported the libraries which load slowly."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

FORKS = """
import importlib, json, os, sys
libraries, scripts = json.load(sys.stdin)
for name in libraries:
    importlib.import_module(name)
assert "otoscope" not in sys.modules and "transformers" not in sys.modules
for script in scripts:
    print(end="", flush=True)
    if os.fork() == 0:
        exec(script)
        sys.stdout.flush()
        os._exit(0)
    if os.wait()[1] != 0:
        sys.exit(script)
    print("---", flush=True)
"""


def run_forked(scripts: Sequence[str], libraries: Sequence[str], *arguments: str) -> list[str]:
    """Return what each script prints; it finds `arguments` in `sys.argv`, and no module of otoscope in memory."""
    command = [sys.executable, "-W", "ignore", "-c", FORKS, *arguments]
    process = subprocess.run(
        command, input=json.dumps([libraries, scripts]), capture_output=True, text=True, check=False, env=os.environ
    )
    assert process.returncode == 0, process.stderr
    return [part.strip() for part in process.stdout.split("---\n")[:-1]]
