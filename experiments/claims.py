"""Which of the method's claims hold for a model? Prunes it on three corpora and prints a table of answers for each.

    python experiments/claims.py MODEL OUT [UTTERANCES]

Human speech is looked for in the folder named by OTOSCOPE_CORPORA, else in `../shared/corpora`. Runs are kept in OUT;
one that was stopped is gone on with. With UTTERANCES, at most so many of each corpus are taken, of whole speakers.
"""

import os
import sys
from pathlib import Path

from lhotse import CutSet

import otoscope
from otoscope.papers.yang2020.pruning_claims import claims, claims_table, removable

CORPORA = Path(os.environ.get("OTOSCOPE_CORPORA", "../shared/corpora"))
RANKINGS = ["globalness", "verticality", "diagonality", "weight", "random"]
SPEAKERS = ["speaker-frame", "speaker-utterance"]
ASKED = {
    "timit-sample": ["phone", *SPEAKERS, "reconstruction"],
    "speechocean762/test": ["phone", *SPEAKERS],
    "librispeech-excerpts/test-other": SPEAKERS,
}
LARGEST = {"speechocean762/test": 600}  # utterances, 20 of each of 30 speakers


def cuts_of(corpus: str, most: int | None) -> CutSet:
    """Utterances of a corpus: of whole speakers where a part is taken."""
    cuts = list(otoscope.read_corpus(CORPORA / corpus, on_skip=lambda _: None))
    speakers = list(dict.fromkeys(cut.supervisions[0].speaker for cut in cuts))
    most = min(most or len(cuts), LARGEST.get(corpus, len(cuts)))
    every = max(1, len(cuts) // most)
    kept = set(speakers[::every])
    return CutSet.from_cuts([cut for cut in cuts if cut.supervisions[0].speaker in kept][:most])


def main() -> None:
    """Prune, ask, print."""
    model, out = sys.argv[1], Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    for corpus, probes in ASKED.items():
        cuts = cuts_of(corpus, most)
        run = otoscope.prune(model, cuts, out / corpus.replace("/", "-"), by=RANKINGS, probes=probes, resume=True)
        speakers = len({cut.supervisions[0].speaker for cut in cuts})
        print(
            f"## {corpus}: {len(run.utterances)} utterances, {speakers} speakers\n\n{claims_table(claims(run.dataset))}"
        )
        if "phone" in probes:
            print(removable(run.dataset) + "\n")


if __name__ == "__main__":
    main()
