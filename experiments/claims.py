"""Evaluate the paper's pruning claims on a model: prune it on three corpora, and print a table of verdicts for each.

    python experiments/claims.py MODEL OUT [UTTERANCES]

The folder of human speech is OTOSCOPE_CORPORA, by default `../shared/corpora`. OUT stores the runs; a run that was
stopped is resumed. UTTERANCES limits the number of utterances per corpus; speakers stay complete.
"""

import os
import sys
from pathlib import Path

from lhotse import CutSet

import otoscope
from otoscope.papers.yang2020.claims.pruning_curves import curve_claims, format_claims, max_removable

CORPORA = Path(os.environ.get("OTOSCOPE_CORPORA", "../shared/corpora"))
RANKINGS = ["globalness", "verticality", "diagonality", "weight", "random"]
SPEAKERS = ["speaker-frame", "speaker-utterance"]
PROBES = {
    "timit-sample": ["phone", *SPEAKERS, "reconstruction"],
    "speechocean762/test": ["phone", *SPEAKERS],
    "librispeech-excerpts/test-other": SPEAKERS,
}
MAX_UTTERANCES = {"speechocean762/test": 600}  # 20 of each of 30 speakers


def select_cuts(corpus: str, limit: int | None) -> CutSet:
    """Return the utterances of a corpus, of complete speakers if they are limited."""
    cuts = list(otoscope.read_corpus(CORPORA / corpus, on_skip=lambda _: None))
    speakers = list(dict.fromkeys(cut.supervisions[0].speaker for cut in cuts))
    limit = min(limit or len(cuts), MAX_UTTERANCES.get(corpus, len(cuts)))
    stride = max(1, len(cuts) // limit)
    selected = set(speakers[::stride])
    return CutSet.from_cuts([cut for cut in cuts if cut.supervisions[0].speaker in selected][:limit])


def main() -> None:
    """Prune, evaluate, print."""
    model, out = sys.argv[1], Path(sys.argv[2])
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else None
    for corpus, probes in PROBES.items():
        cuts = select_cuts(corpus, limit)
        run = otoscope.prune(
            model,
            cuts,
            out / corpus.replace("/", "-"),
            schedule=otoscope.ScheduleOptions(by=tuple(RANKINGS)),
            probing=otoscope.ProbingOptions(probes=tuple(probes)),
            options=otoscope.SpeechOptions(resume=True),
        )
        speakers = len({cut.supervisions[0].speaker for cut in cuts})
        claims = format_claims(curve_claims(run.dataset))
        print(f"## {corpus}: {len(run.utterances)} utterances, {speakers} speakers\n\n{claims}")
        if "phone" in probes:
            print(max_removable(run.dataset) + "\n")


if __name__ == "__main__":
    main()
