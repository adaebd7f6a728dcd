"""The corpora of the reproduction: speech to train on, speech with phones, speech with speakers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lhotse import CutSet, MonoCut

from otoscope.corpus import SkippedUtterance, phones_of, read_corpus, speaker_of
from otoscope.runs.selection import ALL, Selection, select

PHONES, SPEAKERS, PRETRAINING = "phones", "speakers", "pre-training"  # roles
SUBSET_NAMES = {"train", "test", "dev"}  # names that do not identify a corpus without the folder above


@dataclass(frozen=True)
class EvaluationCorpus:
    """A corpus to train on, or to evaluate models on.

    Attributes:
        role: `phones`, `speakers`, `speakers-2`, ... (also names of folders), or `pre-training`.
        path: path of the corpus.
        name: name in tables, different for each corpus.
        labels: folder of TextGrids, if they are not in the folders of the audio.
        selection: which utterances are used.
    """

    role: str
    path: str
    name: str
    labels: str | None = None
    selection: Selection = ALL

    @cached_property
    def _read(self) -> tuple[list[MonoCut], list[SkippedUtterance]]:
        skipped: list[SkippedUtterance] = []
        cuts = list(read_corpus(self.path, labels=self.labels, on_skip=skipped.append))
        return select(cuts, self.selection), skipped

    @property
    def cuts(self) -> CutSet:
        """Return the utterances."""
        return CutSet.from_cuts(self._read[0])

    @property
    def source(self) -> str | CutSet:
        """Return what `analyze`, `segment` and `prune` receive: the path, which runs record, or cuts with labels."""
        return self.path if self.labels is None and self.selection == ALL else self.cuts

    @property
    def probes(self) -> list[str]:
        """Return the names of the probes that the labels and speakers allow."""
        return available_probes(self._read[0])

    @property
    def facts(self) -> dict[str, str | float]:
        """Return the size of the corpus, by the name of each quantity."""
        cuts, skipped = self._read
        return {
            "role": self.role,
            "name": self.name,
            "utterances": len(cuts),
            "hours": sum(cut.duration for cut in cuts) / 3600,
            "speakers": len(_utterances_by_speaker(cuts)),
            "labelled": sum(bool(phones_of(cut)) for cut in cuts),
            "skipped": sum(item.part == "utterance" for item in skipped),
        }


@dataclass(frozen=True)
class Corpora:
    """All corpora of a reproduction.

    Attributes:
        pretrain: paths of the corpora to train on.
        evaluation: the corpora to evaluate on; the first has phones, the others have speakers.
    """

    pretrain: Sequence[str]
    evaluation: Sequence[EvaluationCorpus]

    @property
    def phones(self) -> EvaluationCorpus:
        """Return the corpus with phones, on which heads, boundaries and relations are measured."""
        return self.evaluation[0]

    @property
    def pool(self) -> list[EvaluationCorpus]:
        """Return the corpora to train on; they are read again at each call, because they may be too large to store."""
        return [EvaluationCorpus(PRETRAINING, path, corpus_name(path)) for path in self.pretrain]

    @property
    def held_out(self) -> list[str]:
        """Return the paths of the corpora on which pre-training is validated: those with speakers."""
        return [corpus.path for corpus in self.evaluation[1:]]


def make_corpora(
    pretrain: Sequence[str],
    phones: str,
    speakers: Sequence[str],
    labels: str | None = None,
    selection: Selection = ALL,
) -> Corpora:
    """Return the corpora of a command, with a role and a name for each.

    Args:
        pretrain: paths of the corpora to train on.
        phones: path of the corpus with phones.
        speakers: paths of the corpora with speakers.
        labels: folder of TextGrids of the corpora with speakers.
        selection: which utterances of each corpus with phones or speakers are used.

    Examples:
        >>> [corpus.name for corpus in make_corpora(["pool"], "TIMIT/TEST", ["a/clean", "b/clean"]).evaluation]
        ['TIMIT/TEST', 'clean (speakers)', 'clean (speakers-2)']
    """
    roles = [SPEAKERS, *(f"{SPEAKERS}-{number}" for number in range(2, len(speakers) + 1))]
    paths = dict(zip([PHONES, *roles], [phones, *speakers], strict=True))
    names = [corpus_name(path) for path in paths.values()]
    evaluation = [
        EvaluationCorpus(
            role,
            path,
            f"{name} ({role})" if names.count(name) > 1 else name,
            labels if role != PHONES else None,
            selection,
        )
        for (role, path), name in zip(paths.items(), names, strict=True)
    ]
    return Corpora(pretrain, evaluation)


def corpus_name(path: str) -> str:
    """Return the name of a corpus: its folder, with the folder above if the name is only that of a subset.

    Examples:
        >>> corpus_name("corpora/TIMIT/TRAIN"), corpus_name("corpora/LibriSpeech/test-clean")
        ('TIMIT/TRAIN', 'test-clean')
    """
    folder = Path(path)
    return "/".join(folder.parts[-2:]) if folder.name.lower() in SUBSET_NAMES else folder.name


def available_probes(cuts: Sequence[MonoCut]) -> list[str]:
    """Return the names of the probes that some utterances allow.

    The phone probe needs phones of two speakers, the speaker probes two speakers with two utterances each.
    """
    labelled = _utterances_by_speaker([cut for cut in cuts if phones_of(cut)])
    repeated = sum(count > 1 for count in _utterances_by_speaker(cuts).values())
    phone = ["phone"] if len(labelled) > 1 else []
    speaker = ["speaker-frame", "speaker-utterance"] if repeated > 1 else []
    return [*phone, *speaker, "reconstruction"]


def _utterances_by_speaker(cuts: Sequence[MonoCut]) -> Counter[str]:
    """Return the number of utterances of each speaker."""
    speakers = [speaker_of(cut) for cut in cuts]
    return Counter(speaker for speaker in speakers if speaker)
