"""What the plan of an analysis records of its corpus before the audio is read, and how a resume compares it.

Workers hash the audio that they decode; the finish joins the hashes to the fingerprint of the corpus. A run that is
resumed compares the listing, sizes and dates. Where dates differ, or on request, all bytes are read and compared with
what was hashed, so that a copied corpus is the same corpus.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lhotse import MonoCut

from otoscope.analysis.shard_files import decode_shard
from otoscope.corpus.audio_content import ContentCache
from otoscope.corpus.cut_fingerprint import cut_digest, files_fingerprint, join_digests, listing_fingerprint
from otoscope.errors import InputError
from otoscope.results.record import read_record
from otoscope.results.status import SHARDS


def corpus_plan(cuts: Sequence[MonoCut], out: str | Path, *, verify: bool) -> dict[str, Any]:
    """Return number, listing, files, and, if the run in the folder knows it, the fingerprint of a corpus.

    Args:
        cuts: utterances of the corpus.
        out: the run folder, which may contain a run to resume.
        verify: whether to compare all bytes of the audio with what that run hashed.

    Raises:
        InputError: audio has changed since it was measured.
    """
    plan = {"utterances": len(cuts), "listing": listing_fingerprint(cuts), "files": files_fingerprint(cuts)}
    folder = Path(out)
    stored = read_record(folder)["plan"]["corpus"] if (folder / "run.json").is_file() else {}
    if stored.get("listing") != plan["listing"]:
        return plan
    if verify or stored["files"] != plan["files"]:
        unread = ContentCache()
        digests = {index: cut_digest(cut, unread) for index, cut in enumerate(cuts)}
        _check_shards(folder, cuts, digests)
        plan["files"] = stored["files"]
        return plan | ({"fingerprint": join_digests(digests.values())} if "fingerprint" in stored else {})
    return plan | {key: stored[key] for key in ("fingerprint",) if key in stored}


def _check_shards(folder: Path, cuts: Sequence[MonoCut], digests: dict[int, bytes]) -> None:
    """Raise InputError for the first cut whose audio is not the one that a stored shard measured."""
    for path in sorted((folder / SHARDS).glob("*.npz")):
        for index, digest in decode_shard(path).digests.items():
            if digests[index] != digest:
                raise InputError(
                    f"the audio of {cuts[index].id} has changed since it was measured for {folder}; choose another "
                    "folder, or restore the file"
                )
