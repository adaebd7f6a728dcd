"""Heads replaced by fixed patterns give what attention with these scores gives, saved, loaded and padded."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import plain, relative
from tests.helpers.tiny_models import noise

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.attention.local_attention import pattern_attention
from otoscope.errors import InputError
from otoscope.models.capture import forward_with_handler
from otoscope.models.load import load
from otoscope.refinement.builder import build
from otoscope.refinement.builtin.patterns import RADIUS, pattern_errors, profile_scores
from otoscope.refinement.modeling import record_patterns
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source
from otoscope.refinement.surgery import fix_patterns
from otoscope.refinement.widths import make_targets
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool

SCORES = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
FIXED = {0: {1: SCORES[0], 3: SCORES[1]}, 2: {0: SCORES[2], 1: SCORES[3], 2: SCORES[4]}}
WAVE = noise(0.9)


def by_definition(value_td: torch.Tensor, scores_r: torch.Tensor) -> torch.Tensor:
    """Return the context of one head: a softmax over the keys that have a score."""
    T, radius = len(value_td), len(scores_r) // 2
    offsets = torch.arange(T) - torch.arange(T)[:, None]
    scores_qk = torch.where(offsets.abs() <= radius, scores_r[(offsets + radius).clamp(0, 2 * radius)], -torch.inf)
    return scores_qk.softmax(-1) @ value_td


@pytest.mark.parametrize("frames", [3, 32, 75])
def test_patterns_are_a_softmax_over_offsets(frames: int) -> None:
    """Shorter than a pattern, as long as a block, and longer; the second utterance is padded."""
    value = torch.randn(2, 2, frames, 4, generator=torch.Generator().manual_seed(1))
    real = torch.ones(2, frames, dtype=torch.bool)
    real[1, frames // 2 + 1 :] = False
    context = pattern_attention(value, SCORES[:2], real)
    for row, length in enumerate(real.sum(-1).tolist()):
        expected = torch.stack([by_definition(value[row, head, :length], SCORES[head]) for head in range(2)], 1)
        torch.testing.assert_close(context[row, :length], expected, rtol=1e-5, atol=1e-6)
    assert torch.isfinite(context).all()


@pytest.fixture(scope="module")
def fixed(original, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of a model with fixed heads of each family."""
    folders = {}
    for family in ("mockingjay", "hubert-layer", "whisper"):
        source, folder = read_source(original(family)), tmp_path_factory.mktemp(family)
        model = build(source, 7)
        for layer, scores in FIXED.items():
            fix_patterns(model, source.parts, layer, scores)
        record_patterns(model, 4)
        model.save_pretrained(folder)
        source.encoder.extractor.save_pretrained(folder)
        folders[family] = folder
    return folders


@pytest.mark.parametrize("family", ["mockingjay", "hubert-layer", "whisper"])
def test_a_folder_gives_the_original_with_these_patterns(original, fixed: dict[str, Path], family: str) -> None:
    """Alone, under a handler, and with a span in the other heads; the reference computes whole maps."""
    encoder, refined = load(original(family), device="cpu"), load(fixed[family], device="cpu")

    def handler(call: AttentionCall) -> torch.Tensor:
        context = attend_with(NO_INTERVENTION, call, call.layer)[0]
        for head, scores in FIXED.get(call.layer, {}).items():
            context[0, :, head] = by_definition(call.value_bhtd[0, head], scores)
        return context

    with encoder.limit_span(7):
        expected = forward_with_handler(encoder, [WAVE], lambda call: handler(limited(encoder, call)))
    assert relative(refined.forward_unhooked([WAVE]), expected) < 1e-5
    assert relative(refined.forward([WAVE]).hidden, expected[:, : encoder.num_frames(WAVE)]) < 1e-5
    assert refined.n_heads == (2, 4, 1)


def limited(encoder, call: AttentionCall) -> AttentionCall:
    from dataclasses import replace

    return replace(call, span=encoder.intervention.radius)


def test_padding_changes_nothing(fixed: dict[str, Path]) -> None:
    waves = [noise(1.3), noise(0.5, seed=1)]
    together = plain(fixed["hubert-layer"], waves)
    for row, wave in enumerate(waves):
        alone = plain(fixed["hubert-layer"], [wave])[0]
        assert relative(together[row, : len(alone)], alone) < 1e-5


def test_profiles_and_errors_are_those_of_the_maps(original) -> None:
    """The reference averages each offset of whole maps, query by query."""
    source = read_source(original("hubert-layer"))
    speech = SpeechPool(["bundled"], make_selection(SelectionOptions(limit=2))).read(source.encoder)
    draft = ReductionDraft(source, build(source), 0.9, None, speech)
    targets = make_targets(draft)
    scores = profile_scores(draft.original, targets.sample)
    waves = [wave for batch in draft.sample.batches for wave in batch.waves]
    maps = [source.encoder.maps(wave)[1][2] for wave in waves]
    for offset in (-3, 0, 5):
        values = np.concatenate([np.diagonal(attn, offset) for attn in maps])
        assert float(scores[1][2, RADIUS + offset].exp()) == pytest.approx(values.mean(), rel=1e-3)
    errors = pattern_errors(draft, targets, scores)
    assert errors.shape == (3, 4)
    assert (errors > 0).all()


def test_what_cannot_be_is_one_line(original, fixed: dict[str, Path], tmp_path: Path) -> None:
    requests = [
        (original("speecht5"), RefinementOptions(budget_macs=0.97, method="patterns"), "adds positions to its scores"),
        (original("mockingjay"), RefinementOptions(budget_macs=0.1, method="patterns"), "cannot be reached: without"),
        (fixed["mockingjay"], RefinementOptions(budget_macs=0.9, method="widths"), "heads with fixed patterns, whose"),
        (fixed["mockingjay"], RefinementOptions(span=3, portable=True), "heads with fixed patterns, whose"),
        ("bundled", RefinementOptions(budget_macs=0.9, method="patterns", portable=True), "omit one of them"),
    ]
    for model, options, message in requests:
        with pytest.raises(InputError, match=message) as refused:
            refine(model, tmp_path / "out", options=options)
        assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_fixed_model_gets_a_narrower_span(fixed: dict[str, Path], tmp_path: Path) -> None:
    refined = refine(fixed["mockingjay"], tmp_path / "out", options=RefinementOptions(span=3))
    assert refined.patterns == (2, 0, 3)
    assert load(tmp_path / "out", device="cpu").n_heads == (2, 4, 1)
