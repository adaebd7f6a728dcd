"""What `align` reports: the aligner, its scores, and heads for a generation configuration."""

from dataclasses import asdict, dataclass
from typing import Any

from otoscope.alignment.aligner import Aligner
from otoscope.alignment.generated_text import GeneratedScores
from otoscope.alignment.scores import TimeScore, score_records, score_table
from otoscope.decoders.attention_record import Head


@dataclass(frozen=True)
class AlignmentReport:
    """What `align` learned, and its scores on other speakers.

    Attributes:
        aligner: the aligner.
        heads: for `alignment_heads` of a generation configuration.
        scores: of the aligner and of published recipes, for starts and ends.
        lags: lag and score of every head on the speakers of training.
        speakers: those of training and those of the test.
        skipped: ids of utterances without words or too long, with the reason.
        generated: scores where the model wrote the text; None if it cannot generate.
    """

    aligner: Aligner
    heads: tuple[Head, ...]
    scores: tuple[TimeScore, ...]
    lags: tuple[dict[str, Any], ...]
    speakers: tuple[tuple[str, ...], tuple[str, ...]]
    skipped: tuple[tuple[str, str], ...]
    generated: GeneratedScores | None

    @property
    def alignment_heads(self) -> list[list[int]]:
        """Heads as a generation configuration holds them; it has no field for their lag."""
        return [list(head) for head in self.heads]

    @property
    def summary(self) -> str:
        """The table of scores, the chosen heads and their lags."""
        anchors = ", ".join(
            f"{side}s from head {anchor.head[0]}.{anchor.head[1]} less {1000 * anchor.lag:.0f} ms, median filter of "
            f"{anchor.filter_columns} columns"
            for side, anchor in self.aligner.anchors.items()
        )
        generated = f"{self.generated.table}\n" if self.generated else ""
        heads = f'"alignment_heads": {self.alignment_heads}  (a generation configuration cannot hold lags)'
        if not self.scores:
            return (
                f"chosen by norm on texts of {len(self.speakers[0])} speakers, without labels and without a test; "
                f"unit: {self.aligner.unit}; first estimate: {anchors}\n{heads}"
            )
        return (
            f"{score_table(self.scores)}\n{generated}"
            f"tested on {len(self.speakers[1])} speakers, learned on {len(self.speakers[0])} others; unit: "
            f"{self.aligner.unit}; first estimate: {anchors}\n{heads}"
        )

    def records(self) -> dict[str, Any]:
        """Return the report as values for JSON."""
        anchors = {side: asdict(anchor) for side, anchor in self.aligner.anchors.items()}
        return {
            "unit": self.aligner.unit,
            "anchors": anchors,
            "alignment_heads": self.alignment_heads,
            "scores": score_records(self.scores),
            "generated_text": self.generated.records() if self.generated else None,
            "lags": self.lags,
            "training_speakers": self.speakers[0],
            "test_speakers": self.speakers[1],
            "skipped": self.skipped,
        }
