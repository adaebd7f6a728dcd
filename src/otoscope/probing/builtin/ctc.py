"""How improbable is the text to the model's own CTC head? For models with such a head, on speech with texts."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from torch import Tensor

from otoscope.corpus.transcript import texts_of
from otoscope.decoders.ctc import LetterReader, make_letter_reader
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Probe
from otoscope.probing.texts import check_texts
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class CtcScorer:
    """Score by the CTC loss of the letters of each text."""

    data: ProbeData
    reader: LetterReader
    seeds: int

    @cached_property
    def texts(self) -> list[str]:
        """The text of each utterance; empty without one."""
        return texts_of(self.data.speech.cuts)

    @cached_property
    def count(self) -> Floats:
        """The number of letters of each utterance."""
        return np.array([len(self.reader.letters(text)) if text else 0 for text in self.texts], float)

    @cached_property
    def majority(self) -> Floats:
        """NaN: no text is the commonest."""
        return np.full((self.seeds, len(self.texts)), np.nan)

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Return the loss of all letters of an utterance."""
        return np.full(self.seeds, self.loss(index, hidden_td).item() * self.count[index])

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the mean loss of a letter, or zero without a text."""
        if not self.count[index]:
            return hidden_td.sum() * 0
        return self.reader.loss(hidden_td, self.texts[index])


PROBE = Probe(
    name="ctc",
    doc="Connectionist temporal classification loss of a letter of the text, by the model's own head.",
    metric="CTC loss (nats)",
    label="CTC loss (nats)",
    units="1",
    higher_is_better=False,
    trained=False,
    scorer=lambda data, training, cache: CtcScorer(data, make_letter_reader(data.encoder), training.seeds),
    check_model=make_letter_reader,
    check_cuts=partial(check_texts, "ctc"),
    is_task=True,
)
