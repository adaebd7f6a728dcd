"""What probes read while heads of an encoder are removed or its span is limited."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.ablation import Ablation
from otoscope.attention.ablation_kinds import AblationKind
from otoscope.attention.interventions import Intervention
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import make_ablation
from otoscope.probing.intervened_scores import intervened_totals
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Probe, Scorer
from otoscope.probing.scores import totals
from otoscope.runs.executors.executor import OnProgress
from otoscope.typing import Floats

ZERO = Ablation()


@dataclass(frozen=True, eq=False)
class Pruning:
    """The speech on which heads of an encoder are removed.

    Attributes:
        material: hidden states of the intact model, and their speech.
        positions: number of parts of an utterance that have a mean of their own.
        probes: all probes.
        is_retrained: whether those with nets are trained anew after each intervention.
        training: how they are trained.
        ablations: each kind of removal that was used, with the outputs on the speech that it requires.
    """

    material: ProbeData
    positions: int
    probes: Mapping[str, Probe]
    is_retrained: bool = False
    training: Training = field(default_factory=Training)
    ablations: dict[AblationKind, Ablation] = field(default_factory=dict)

    def intervention_sums(
        self, change: Intervention, kind: AblationKind, scorers: Mapping[str, Scorer], on_progress: OnProgress
    ) -> dict[str, Floats]:
        """Return sums `[seed, utterance]` of each probe on the hidden states under one intervention."""
        encoder, speech = self.material.encoder, self.material.speech
        if kind not in self.ablations:
            self.ablations[kind] = make_ablation(encoder, speech.waves, kind, self.positions)
        with apply_intervention(encoder, change, self.ablations[kind]):
            if self.is_retrained:
                return self._retrained_sums(scorers, on_progress)
            return intervened_totals(self.probes, scorers, self.material, on_progress)

    def _retrained_sums(self, scorers: Mapping[str, Scorer], on_progress: OnProgress) -> dict[str, Floats]:
        """Return sums of probes trained on the changed model; those without training are as they were."""
        hidden: dict[int, Tensor] = {}
        untrained = {name: scorer for name, scorer in scorers.items() if not self.probes[name].trained}
        sums = intervened_totals(self.probes, untrained, self.material, on_progress, hidden.__setitem__)
        states = [hidden[index] for index in range(len(hidden))]
        data = replace(self.material, hidden=states, content="")
        anew = {
            name: probe.scorer(data, self.training, compute_anew)
            for name, probe in self.probes.items()
            if probe.trained
        }
        return sums | totals(anew, enumerate(states))


def compute_anew(content: str, compute: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return arrays without a cache: their content does not name the intervention."""
    return compute()


@contextmanager
def apply_intervention(encoder: Encoder, change: Intervention, ablation: Ablation = ZERO) -> Iterator[None]:
    """Within the block the encoder is changed; its heads are removed by the kind of `ablation`."""
    with ExitStack() as changes:
        changes.enter_context(encoder.intervene(ablation.change(change.removed)))
        if change.radius is not None:
            changes.enter_context(encoder.limit_span(change.radius, change.renormalise))
        yield
