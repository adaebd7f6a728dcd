"""The corpora of a reproduction: what models are trained on, where phones are known, where speakers are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lhotse import CutSet, MonoCut

from otoscope.analysis.stored_maps import labels
from otoscope.corpus import Skipped, read_corpus

PHONES, SPEAKERS, PRETRAINING = "phones", "speakers", "pre-training"  # roles
PARTS = {"train", "test", "dev"}  # names that tell nothing of a corpus


@dataclass(frozen=True)
class Probed:
    """A corpus that models are measured on, or trained on.

    Attributes:
        role: `phones`, `speakers`, `speakers-2`, ..., which name folders; `pre-training`.
        path: of the corpus.
        name: by which it is told from the others.
        labels: folder of TextGrids, where they lie in another tree than the audio.
    """

    role: str
    path: str
    name: str
    labels: str | None = None

    @cached_property
    def _read(self) -> tuple[list[MonoCut], list[Skipped]]:
        skipped: list[Skipped] = []
        return list(read_corpus(self.path, labels=self.labels, on_skip=skipped.append)), skipped

    @property
    def cuts(self) -> CutSet:
        """Its utterances."""
        return CutSet.from_cuts(self._read[0])

    @property
    def given(self) -> str | CutSet:
        """What `analyze`, `segment` and `prune` take: its path, so that runs name it, unless labels lie elsewhere."""
        return self.cuts if self.labels else self.path

    @property
    def probes(self) -> list[str]:
        """The probes that its labels and speakers allow."""
        return probes_of(self._read[0])

    @property
    def facts(self) -> dict[str, str | float]:
        """How much there is of it."""
        cuts, skipped = self._read
        return {
            "role": self.role,
            "name": self.name,
            "utterances": len(cuts),
            "hours": sum(cut.duration for cut in cuts) / 3600,
            "speakers": len(_utterances_of(cuts)),
            "labelled": sum(bool(labels(cut, "phone")) for cut in cuts),
            "skipped": len(skipped),
        }


@dataclass(frozen=True)
class Corpora:
    """All of them; `pretrain` by path."""

    pretrain: Sequence[str]
    probed: Sequence[Probed]

    @property
    def phones(self) -> Probed:
        """The one whose phones are known: heads, boundaries and relations are measured on it."""
        return self.probed[0]

    @property
    def pool(self) -> list[Probed]:
        """Those to train on; read anew each time, for they may be too large to be kept."""
        return [Probed(PRETRAINING, path, called(path)) for path in self.pretrain]

    @property
    def held_out(self) -> list[str]:
        """Paths of the corpora on which pre-training is validated: those of speakers."""
        return [one.path for one in self.probed[1:]]


def corpora(pretrain: Sequence[str], phones: str, speakers: Sequence[str], labels: str | None = None) -> Corpora:
    """The corpora of a command; `labels` are TextGrids of the speakers' corpora.

    >>> [one.name for one in corpora(["pool"], "TIMIT/TEST", ["a/clean", "b/clean"]).probed]
    ['TIMIT/TEST', 'clean (speakers)', 'clean (speakers-2)']
    """
    roles = [SPEAKERS, *(f"{SPEAKERS}-{place}" for place in range(2, len(speakers) + 1))]
    paths = dict(zip([PHONES, *roles], [phones, *speakers], strict=True))
    names = [called(path) for path in paths.values()]
    probed = [
        Probed(role, path, f"{name} ({role})" if names.count(name) > 1 else name, labels if role != PHONES else None)
        for (role, path), name in zip(paths.items(), names, strict=True)
    ]
    return Corpora(pretrain, probed)


def called(path: str) -> str:
    """What a corpus is called: its folder, after the one that holds it where it says no more than which part it is.

    >>> called("corpora/TIMIT/TRAIN"), called("corpora/LibriSpeech/test-clean")
    ('TIMIT/TRAIN', 'test-clean')
    """
    folder = Path(path)
    return "/".join(folder.parts[-2:]) if folder.name.lower() in PARTS else folder.name


def probes_of(cuts: Sequence[MonoCut]) -> list[str]:
    """Probes that can be asked of some utterances: phones of two speakers, speakers with two utterances each."""
    utterances = _utterances_of(cuts)
    heard = _utterances_of([cut for cut in cuts if labels(cut, "phone")])
    repeated = sum(count > 1 for count in utterances.values())
    asked = ["phone"] * (len(heard) > 1) + ["speaker-frame", "speaker-utterance"] * (repeated > 1)
    return [*asked, "reconstruction"]


def _utterances_of(cuts: Sequence[MonoCut]) -> Counter[str]:
    """How many utterances each known speaker has."""
    named = [cut.supervisions[0].speaker for cut in cuts if cut.supervisions]
    return Counter(speaker for speaker in named if speaker)
