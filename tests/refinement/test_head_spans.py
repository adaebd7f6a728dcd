"""Heads of one layer with different spans give what the original gives with each head limited, saved and loaded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import MEASURED, plain, relative
from tests.helpers.tiny_models import noise

from otoscope.attention.interventions import Intervention, attend_with
from otoscope.attention.pattern_changes import select_heads
from otoscope.errors import InputError
from otoscope.models.capture import forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.refinement.builder import build, narrower, narrowest
from otoscope.refinement.builtin.spans import RADII, lost_by_head
from otoscope.refinement.macs import count_macs
from otoscope.refinement.modeling import limit_spans, record_patterns, record_shape
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source
from otoscope.refinement.surgery import fix_patterns, get_spans, keep_heads
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool

pytestmark = pytest.mark.slow

SPANS = [[3, None, 40, 3], None, [2, 2, 7, None]]
WAVE = noise(0.9)
FEW = SelectionOptions(limit=2)


@pytest.fixture(scope="module")
def limited(original, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of a model with these spans of each family."""
    folders = {}
    for family in MEASURED:
        source, folder = read_source(original(family)), tmp_path_factory.mktemp(family)
        model = build(source)
        limit_spans(model, SPANS)
        record_shape(model)
        model.save_pretrained(folder)
        source.encoder.extractor.save_pretrained(folder)
        folders[family] = folder
    return folders


def head_by_head(encoder: Encoder, waves) -> torch.Tensor:
    """Return hidden states where each head attends by a call of its own, within its span."""

    def handler(call) -> torch.Tensor:
        spans = SPANS[call.layer] or [None] * 4
        alone = [replace(select_heads(call, [head]), layer=call.layer) for head in range(4)]
        return torch.cat([attend_with(Intervention(radius=span), *each)[0] for span, each in paired(spans, alone)], 2)

    return forward_with_handler(encoder, waves, handler)


def paired(spans, calls):
    return [(span, (call, call.layer)) for span, call in zip(spans, calls, strict=True)]


@pytest.mark.parametrize("family", MEASURED)
def test_a_folder_gives_the_original_head_by_head(original, limited: dict[str, Path], family: str) -> None:
    """By transformers alone, and under a handler, which sees the limits as a bias."""
    encoder, refined = load(original(family), device="cpu"), load(limited[family], device="cpu")
    frames = encoder.num_frames(WAVE)
    expected = head_by_head(encoder, [WAVE])
    assert relative(plain(limited[family])[:, :frames], expected[:, :frames]) < 1e-5
    assert relative(refined.forward([WAVE]).hidden, expected[:, :frames]) < 1e-5
    assert relative(encoder.forward([WAVE]).hidden, expected[:, :frames]) > 1e-4


def test_padding_changes_nothing(limited: dict[str, Path]) -> None:
    waves = [noise(1.3), noise(0.5, seed=1)]
    together = plain(limited["hubert-layer"], waves)
    for row, wave in enumerate(waves):
        alone = plain(limited["hubert-layer"], [wave])[0]
        assert relative(together[row, : len(alone)], alone) < 1e-5


def test_maps_end_at_the_span_of_each_head(limited: dict[str, Path]) -> None:
    maps = load(limited["mockingjay"], device="cpu").maps(WAVE)[0]
    frames = np.arange(maps.shape[-1])
    distance = np.abs(frames[:, None] - frames)
    for head, span in enumerate(SPANS[0]):
        reached = distance[maps[head] > 0].max()
        assert reached == (span or len(frames) - 1)


def test_heads_that_go_take_their_spans_with_them(original, limited: dict[str, Path], tmp_path: Path) -> None:
    """Removed before or after the limit; a second span only narrows; the configuration has what the layers have."""
    folder = limited["mockingjay"]
    refined = refine(folder, tmp_path / "out", remove=[(0, 1), (2, 2), (2, 3)], options=RefinementOptions(span=2))
    assert refined.span == [2, 2, 2]
    refined = refine(folder, tmp_path / "removed", remove=[(0, 1), (2, 2), (2, 3)])
    assert refined.span == [[3, 40, 3], None, 2]
    assert "3/40/3 frames, all frames, 2 frames" in refined.summary
    source = read_source(original("mockingjay"))
    model = build(source)
    keep_heads(model, source.parts, [[0, 2, 3], range(4), [0, 1]])
    limit_spans(model, refined.span)
    with torch.inference_mode():
        expected = model(**source.encoder.inputs([WAVE])).last_hidden_state
    assert relative(plain(tmp_path / "removed"), expected) < 1e-5
    with pytest.raises(InputError, match=r"expected --span of at most 2 frames, which .* has already, found 5"):
        refine(folder, tmp_path / "wider", options=RefinementOptions(span=5))


def test_heads_with_patterns_have_no_span(original) -> None:
    source = read_source(original("mockingjay"))
    model = build(source)
    limit_spans(model, SPANS)
    fix_patterns(model, source.parts, 0, {1: torch.zeros(5), 2: torch.zeros(5)})
    record_patterns(model, 2)
    assert get_spans(model, source.parts)[0] == 3
    assert model.config.attention_span == [3, None, [2, 2, 7, None]]


def test_a_budget_is_kept_by_spans_of_heads_and_loses_less_than_by_those_of_layers(tmp_path: Path) -> None:
    """The lost attention is that of each head beyond its span."""
    source = read_source("bundled")
    speech = SpeechPool(["bundled"], make_selection(FEW)).read(source.encoder)
    lost = lost_by_head(ReductionDraft(source, build(source), 0.97, None, speech))
    beyond = {}
    for method in ("spans", "head-spans"):
        options = RefinementOptions(budget_macs=0.95, method=method)
        span = refine("bundled", tmp_path / method, corpora=["bundled"], options=options, selection=FEW).span
        heads = [layer if isinstance(layer, list) else [layer] * 8 for layer in span]
        beyond[method] = sum(
            lost[layer][head, RADII.index(own)]
            for layer, spans in enumerate(heads)
            for head, own in enumerate(spans)
            if own is not None
        )
        whole = sum(count_macs(source.encoder, 10.0).values())
        assert sum(count_macs(load(tmp_path / method, device="cpu"), 10.0).values()) <= 0.95 * whole
    assert 0 < beyond["head-spans"] < beyond["spans"]


def test_a_model_with_spans_is_not_given_others(limited: dict[str, Path], tmp_path: Path) -> None:
    for method in ("spans", "head-spans"):
        options = RefinementOptions(budget_macs=0.9, method=method)
        with pytest.raises(InputError, match="cannot be chosen: it has spans, or a --span was passed"):
            refine(limited["mockingjay"], tmp_path / "out", options=options)
    assert not (tmp_path / "out").exists()


def test_the_narrower_of_two_spans_by_hand() -> None:
    assert narrower([[4, None], 9], 6) == [[4, 6], 6]
    assert narrower([[4, None], None], [5, [3, None]]) == [[4, 5], [3, None]]
    assert narrower([[4, None]], None) == [[4, None]]
    assert narrowest([None, [None, 12], 40]) == 12
