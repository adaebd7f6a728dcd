"""The HTML of an exported page, and its scripts with data."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from otoscope.viewer.page import asset, page


def exported_page(data: str, sources: str = "") -> bytes:
    """Return the page with a script of data; its policy admits its two scripts by their hashes.

    Args:
        data: the script from `data_script`.
        sources: further sources of scripts, as the policy writes them.
    """
    program = asset("viewer.js").decode().replace("</script", "<\\/script")
    hashes = " ".join(f"'sha256-{script_hash(script)}'" for script in (data, program))
    policy = (
        f"default-src 'none'; script-src {hashes} {sources}; style-src 'unsafe-inline'; img-src blob: data:; "
        "media-src blob:; connect-src blob:; base-uri 'none'; form-action 'none'"
    )
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{asset("viewer.css").decode()}</style>'
    )
    return page(head, f'<script>{data}</script>\n<script type="module">{program}</script>')


def script_hash(script: str) -> str:
    """Return the SHA-256 hash of a script in base64, as policies write it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def data_script(resources: Mapping[str, bytes]) -> str:
    """Return a script that adds responses to `window.otoscopeResources`, in base64."""
    encoded = {name: base64.b64encode(content).decode() for name, content in resources.items()}
    return f"Object.assign(window.otoscopeResources??={{}},{_json(encoded)});"


def files_script(files: Mapping[str, str]) -> str:
    """Return a script that lists further scripts with data, by the common beginning of their resources."""
    return f"window.otoscopeFiles={_json(files)};"


def _json(content: Any) -> str:
    return json.dumps(content, separators=(",", ":")).replace("</", "<\\/")
