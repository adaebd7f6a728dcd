"""What the plan of an analysis records of its corpus before the audio is read, and how a resume compares it.

Workers hash the audio that they decode; the finish joins the hashes to the fingerprint of the corpus. A run that is
resumed compares the listing, and sizes and dates of what was measured. Where dates differ, or on request, all bytes of
a shard are read and compared with what was hashed, so that a copied corpus is the same corpus.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from otoscope.analysis.shard_files import read_digests
from otoscope.analysis.shard_plan import Shard, ShardPlan
from otoscope.corpus.audio_content import ContentCache
from otoscope.corpus.cut_fingerprint import cut_digest, files_digest, join_digests
from otoscope.corpus.cut_list import CutList
from otoscope.errors import InputError
from otoscope.results.folder import OF_FINISH
from otoscope.results.record import read_record
from otoscope.results.status import shard_path


def corpus_plan(cuts: CutList, shards: ShardPlan, out: str | Path, *, verify: bool) -> dict[str, Any]:
    """Return number and listing of a corpus, and, if the run in the folder is finished, the hashes of its audio.

    Args:
        cuts: utterances of the corpus.
        shards: its shards.
        out: the run folder, which may contain a run to resume.
        verify: whether to compare all bytes of the audio with what that run hashed.

    Raises:
        InputError: audio has changed since it was measured.
    """
    plan = {"utterances": len(cuts), "listing": cuts.listing}
    folder = Path(out)
    stored = read_record(folder)["plan"]["corpus"] if (folder / "run.json").is_file() else {}
    if stored.get("listing") != plan["listing"]:
        return plan
    for shard in (shards[number] for number in range(len(shards)) if shard_path(folder, number).is_file()):
        with suppress(FileNotFoundError):  # another task has finished the run, and removed its shards
            _check_shard(folder, shard, verify=verify)
    known = {name: stored[name] for name in OF_FINISH if name in stored}
    if known and (verify or known["files"] != join_digests(map(files_of, shards))):
        unread = ContentCache()
        known["fingerprint"] = join_digests(cut_digest(cut, unread) for cut in cuts)
    return plan | known


def files_of(shard: Shard) -> bytes:
    """Return a hash of paths, sizes and dates of the audio of a shard."""
    return files_digest(cut for _, cut in shard.cuts)


def _check_shard(folder: Path, shard: Shard, *, verify: bool) -> None:
    """Raise InputError for the first cut whose audio is not the one that a stored shard measured."""
    stored = read_digests(shard_path(folder, shard.number))
    if not verify and stored.files == files_of(shard):
        return
    cuts, unread = dict(shard.cuts), ContentCache()
    for index, digest in stored.cuts.items():
        if index not in cuts or cut_digest(cuts[index], unread) != digest:
            raise InputError(
                f"the audio of {cuts[index].id} has changed since it was measured for {folder}; choose another "
                "folder, or restore the file"
            )
