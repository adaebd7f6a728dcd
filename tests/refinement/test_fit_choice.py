"""A fit stays where the logits of the whole model come nearer to the original's, and is undone bit for bit if not."""

from pathlib import Path

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber

from otoscope import bundled
from otoscope.refinement.builder import build
from otoscope.refinement.fit_choice import fit_if_nearer, mean_distance
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.source_model import read_source
from otoscope.refinement.tuning_target import LogitsDistance
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool

pytestmark = pytest.mark.slow


def changed_draft(model: Path) -> ReductionDraft:
    """Return a draft whose first attention gives half of what it gave."""
    source = read_source(model)
    speech = SpeechPool(["bundled"], make_selection(SelectionOptions(limit=3))).read(source.encoder)
    draft = ReductionDraft(source, build(source, None), 0.9, None, speech)
    output_weight(draft).data *= 0.5
    return draft


def output_weight(draft: ReductionDraft) -> torch.Tensor:
    names = [
        name
        for name, _ in draft.encoder.named_parameters()
        if name.endswith(("out_proj.weight", "output.dense.weight"))
    ]
    return draft.encoder.get_parameter(names[0])


@pytest.fixture
def transcriber(tmp_path: Path) -> Path:
    return save_transcriber(tmp_path, seconds=12)


def test_a_fit_stays_if_the_logits_come_nearer_and_is_undone_if_not(transcriber: Path) -> None:
    draft = changed_draft(transcriber)
    before = {name: weight.clone() for name, weight in draft.model.state_dict().items()}
    assert not fit_if_nearer(draft, lambda: output_weight(draft).data.mul_(-4))
    assert all(torch.equal(weight, before[name]) for name, weight in draft.model.state_dict().items())
    assert fit_if_nearer(draft, lambda: output_weight(draft).data.mul_(2))
    assert mean_distance(draft, LogitsDistance(draft.source, draft.model)) == pytest.approx(0, abs=1e-6)


def test_the_distance_is_the_mean_over_utterances(transcriber: Path) -> None:
    draft = changed_draft(transcriber)
    distance = LogitsDistance(draft.source, draft.model)
    waves = [wave for batch in draft.sample.batches for wave in batch.waves]
    with torch.no_grad():
        distances = [float(distance([wave])) for wave in waves]
    assert len(waves) == 3
    assert mean_distance(draft, distance) == pytest.approx(sum(distances) / 3)


def test_a_fit_of_an_encoder_alone_stays() -> None:
    draft = changed_draft(bundled.model())
    assert fit_if_nearer(draft, lambda: output_weight(draft).data.zero_())
    assert not output_weight(draft).any()
