"""Train a linear CTC head for phones on a frozen encoder, and measure how faithful attention is to its tokens.

Each half of the speakers is tested by a head that was trained on the other half. The phone error rate says how good the
heads are; the run is one of `otoscope faithfulness` for the output `ctc`.

    python experiments/faithfulness/ctc_head.py MODEL CORPUS OUT
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import torch
from lhotse import MonoCut
from rapidfuzz.distance import Levenshtein
from torch import Tensor, nn
from torch.nn import functional

from otoscope import FaithfulnessOptions, SpeechOptions, faithfulness, load
from otoscope.attribution.outputs.builtin import ctc
from otoscope.attribution.scored_output import ChooseOutputs, OutputRequest, UtteranceOutputs
from otoscope.attribution.table import faithfulness_table
from otoscope.corpus import phones_of
from otoscope.phones import fold_phones
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.runs.speech_source import make_source, read_speech
from otoscope.typing import Ints

BLANK, STEPS, BATCH, RATE = 0, 400, 16, 2e-3
FEW = SpeechOptions(sample=12, balanced="speaker")


@dataclass(frozen=True, eq=False)
class Targets:
    """The number of each phone of each utterance, from 1, and how many phones there are."""

    phones: Sequence[list[int]]
    count: int


def read_targets(cuts: Sequence[MonoCut]) -> Targets:
    """Return folded phones without repetitions, as CTC spells them."""
    spoken = [[symbol for symbol, _, _ in phones_of(cut)] for cut in cuts]
    symbols_of_corpus = sorted({symbol for symbols in spoken for symbol in symbols})
    name_of = dict(zip(symbols_of_corpus, fold_phones(symbols_of_corpus).symbols, strict=True))
    names = sorted(set(name_of.values()))
    numbers = [
        [1 + names.index(name) for name, _ in groupby(name_of[symbol] for symbol in symbols)] for symbols in spoken
    ]
    return Targets(numbers, len(names))


def train(data: ProbeData, targets: Targets, chosen: Ints) -> nn.Linear:
    """Return a head that minimises the CTC loss of some utterances."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    states = torch.cat([data.hidden[index] for index in chosen])
    mean, deviation = states.mean(0), states.std(0).clamp(min=1e-5)
    head = nn.Linear(states.shape[1], 1 + targets.count)
    optimiser = torch.optim.Adam(head.parameters(), lr=RATE)
    for _ in range(STEPS):
        batch = rng.choice(chosen, BATCH)
        scores = [head((data.hidden[index] - mean) / deviation).log_softmax(-1) for index in batch]
        loss = functional.ctc_loss(
            nn.utils.rnn.pad_sequence(scores),
            torch.tensor([phone for index in batch for phone in targets.phones[index]]),
            torch.tensor([len(each) for each in scores]),
            torch.tensor([len(targets.phones[index]) for index in batch]),
            blank=BLANK,
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return without_scale(head, mean, deviation)


def without_scale(head: nn.Linear, mean: Tensor, deviation: Tensor) -> nn.Linear:
    """Return the head of plain states that equals a head of normalised ones."""
    plain = nn.Linear(head.in_features, head.out_features)
    with torch.no_grad():
        plain.weight.copy_(head.weight / deviation)
        plain.bias.copy_(head.bias - plain.weight @ mean)
    return plain.requires_grad_(False)


def decode(head: nn.Linear, states: Tensor) -> list[int]:
    """Return the phones of the best path."""
    with torch.no_grad():
        return [token for token, _ in groupby(head(states).argmax(-1).tolist()) if token != BLANK]


def main() -> None:
    """Train the heads, print their phone error rate, and print the tables of the run."""
    model, corpus, out = sys.argv[1:]
    encoder = load(model)
    data = collect_hidden_states(encoder, read_speech(make_source(corpus, SpeechOptions()), encoder))
    half_of = {speaker: number % 2 for number, speaker in enumerate(sorted(set(map(str, data.speakers))))}
    half, targets = np.array([half_of[str(speaker)] for speaker in data.speakers]), read_targets(data.speech.cuts)
    heads = [train(data, targets, np.flatnonzero(half != side)) for side in (0, 1)]
    decoded = [decode(heads[side], hidden) for side, hidden in zip(half, data.hidden, strict=True)]
    errors = sum(Levenshtein.distance(*pair) for pair in zip(targets.phones, decoded, strict=True))
    print(f"phone error rate of other speakers: {errors / sum(map(len, targets.phones)):.3f}", flush=True)

    def make(request: OutputRequest) -> ChooseOutputs:
        outputs = [ctc.CtcOutputs(request, head, BLANK) for head in heads]

        def choose(index: int, count: int, rng: np.random.Generator) -> UtteranceOutputs | None:
            return outputs[half_of[str(request.speech.speakers[index])]].choose(index, count, rng)

        return choose

    ctc.OUTPUT = replace(ctc.OUTPUT, make=make, check_model=lambda encoder: None)
    run = faithfulness(encoder, corpus, out, attribution=FaithfulnessOptions(output="ctc", heads=2), options=FEW)
    print(faithfulness_table(run.dataset))


if __name__ == "__main__":
    main()
