"""Options of an adaptation. The command line derives its options from these fields."""

import math
from dataclasses import dataclass, field, fields
from pathlib import Path

from otoscope.adaptation import OBJECTIVES
from otoscope.errors import InputError
from otoscope.runs.options import option


def _text(help: str, metavar: str) -> dict[str, str]:
    return {"help": help, "metavar": metavar}


OF_OTHER_OPTIONS = ("agreement", "empty")
"""Objectives that `guard` and `calm` ask; `adapt` does not, as its speech has labels."""
OBJECTIVES_OF_ADAPT = tuple(name for name in OBJECTIVES.names() if name not in OF_OTHER_OPTIONS)


@dataclass(frozen=True, kw_only=True)
class AdaptationOptions:
    """Say what gates of heads are learned from, and when the result is written.

    Attributes:
        adapt: corpus of labelled speech on which the model should become better.
        calm: folder of sounds without speech, for which the model should give no text.
        guard: corpus of speech on which the model must stay as it is; its texts are used where it has them.
        adapt_test, calm_test, guard_test: corpora that report, and choose nothing; without one, a quarter of the
            speakers or kinds of the corpus to learn from reports.
        objective: name of the objective of `adapt`; `auto` takes the one that the model can be asked.
        gated: whose heads are gated: decoder, encoder or all; `auto` takes the decoder where there is one.
        steps: most steps of the optimiser; validation may stop earlier. None: the most of the objectives, 25 for texts
            of a decoder, 50 for `calm`, 100 for others.
        gate_utterances: most utterances of `adapt`, sounds of `calm`, and utterances of `guard` each; drawn at random.
        test_utterances: the same for the corpora that report.
        tolerance: largest absolute rise of the error rate on the guard, in the parts that report: 0.01 is one point. A
            guard without texts may rise by twice as much.
        guard_weight: weight of the guard, and of its hard copies, in the loss.
        scale_penalty: weight of the sum of the scales in the loss (L1), which sends scales of needless heads to zero.
        remove_below: heads whose scale ends below this are set to zero.
        rivals: report LoRA, IA3 and all weights of the attention too, learned on the same data.
        encoder_outputs: folder that keeps outputs of the frozen encoder for later searches; None: those of this search
            alone, in `OUT.search`.
        gate_seed: of draws and splits; corpora that report are drawn alike for all seeds.
        resume: continue an interrupted search.

    Raises:
        InputError: a number or a name is not one of those that are possible.
    """

    adapt: Path | None = field(default=None, metadata=_text("Labelled speech to become better on.", "CORPUS"))
    calm: Path | None = field(default=None, metadata=_text("Sounds without speech that should get no text.", "SOUNDS"))
    guard: Path | None = field(default=None, metadata=_text("Speech on which the model must stay.", "CORPUS"))
    adapt_test: Path | None = field(default=None, metadata=_text("Labelled speech that reports.", "CORPUS"))
    calm_test: Path | None = field(default=None, metadata=_text("Sounds that report.", "SOUNDS"))
    guard_test: Path | None = field(default=None, metadata=_text("Speech that reports on the guard.", "CORPUS"))
    objective: str = option("auto", f"auto, {', '.join(OBJECTIVES_OF_ADAPT)}.")
    gated: str = option("auto", "Heads to gate: auto, decoder, encoder, all.")
    steps: int | None = option(None, "Most steps: 25 for texts of a decoder, 50 for --calm, 100 for others.")
    gate_utterances: int = option(400, "Most utterances of each corpus.", "N")
    test_utterances: int = option(1000, "Most utterances of each corpus that reports.", "N")
    tolerance: float = option(0.01, "Most that the error on the guard may rise.")
    guard_weight: float = option(10.0, "Weight of the guard in the loss.")
    scale_penalty: float = option(0.0, "Weight of the sum of scales in the loss.")
    remove_below: float = option(0.0, "Set heads whose scale ends below this to zero.")
    rivals: bool = option(False, "Report LoRA, IA3 and all attention weights too; each is a search of its own.")
    encoder_outputs: Path | None = field(
        default=None, metadata=_text("Folder that keeps outputs of the frozen encoder for later searches.", "FOLDER")
    )
    gate_seed: int = option(0, "Seed of --adapt and --calm.")
    resume: bool = option(False, "Continue an interrupted --tune, --adapt or --calm.")

    def __post_init__(self) -> None:
        """Check the numbers and names."""
        if self.steps is not None and self.steps < 1:
            raise InputError(f"expected at least 1 step, found --steps {self.steps}; raise it, or omit it")
        if min(self.gate_utterances, self.test_utterances) < 4:
            raise InputError(
                f"expected at least 4 utterances, found --gate-utterances {self.gate_utterances} and "
                f"--test-utterances {self.test_utterances}; raise them"
            )
        if not 0 < self.guard_weight < math.inf:
            raise InputError(f"expected a --guard-weight above 0, found {self.guard_weight:g}; omit --guard for none")
        if not 0 <= self.scale_penalty < math.inf:
            raise InputError(f"expected a --scale-penalty of 0 or more, found {self.scale_penalty:g}")
        if not 0 <= self.tolerance <= 1 or not 0 <= self.remove_below < 1:
            raise InputError(
                f"expected a --tolerance from 0 to 1 and --remove-below from 0 to below 1, found {self.tolerance:g} "
                f"and {self.remove_below:g}"
            )
        if self.objective not in ("auto", *OBJECTIVES_OF_ADAPT):
            raise InputError(f"expected --objective auto, {', '.join(OBJECTIVES_OF_ADAPT)}; found {self.objective}")
        if self.gated not in ("auto", "decoder", "encoder", "all"):
            raise InputError(f"expected --gated auto, decoder, encoder or all; found {self.gated}")

    @property
    def is_requested(self) -> bool:
        """Whether anything is to be learned."""
        return self.adapt is not None or self.calm is not None

    @property
    def _given(self) -> list[str]:
        """Names of the fields that are not as without options; `resume` is also one of `--tune`."""
        return [
            each.name for each in fields(self) if each.name != "resume" and getattr(self, each.name) != each.default
        ]

    def check(self) -> None:
        """Raise InputError if the corpora contradict each other."""
        if not self.is_requested and (given := self._given):
            raise InputError(f"--{given[0].replace('_', '-')} belongs to --adapt or --calm; give one of them")
        if self.calm is not None and self.guard is None:
            raise InputError("--calm needs --guard SPEECH: without it a model learns to give no text for speech too")
        for name in ("adapt", "calm", "guard"):
            if getattr(self, f"{name}_test") is not None and getattr(self, name) is None:
                raise InputError(f"--{name}-test belongs to --{name}; give both")
        if self.guard is not None and self.guard in (self.adapt, self.calm):
            raise InputError(f"--guard {self.guard} is also the corpus to learn from; take other speech as the guard")
        if self.guard is not None and self.guard in (self.adapt_test, self.calm_test):
            raise InputError(f"--guard {self.guard} is also a corpus that reports; take other speech as the guard")
