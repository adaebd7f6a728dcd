"""Methods to reach a budget: the multiplications that are left, what a fresh load gives, and the sums by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.forked_process import run_script
from tests.helpers.refinable_models import plain, relative
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise
from transformers import AutoModel

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement import REDUCTION_METHODS
from otoscope.refinement.builder import build, narrower
from otoscope.refinement.builtin.low_rank import factor_output, factor_product
from otoscope.refinement.builtin.merge import cluster
from otoscope.refinement.builtin.spans import RADII, choose_spans, lost_mass
from otoscope.refinement.layer_fit import NormalEquations, refit, scale_equations
from otoscope.refinement.macs import count_macs
from otoscope.refinement.modeling import record_shape
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.refine import refine
from otoscope.refinement.rescale import solve
from otoscope.refinement.source_model import read_source
from otoscope.refinement.surgery import keep_units, resize_heads
from otoscope.refinement.units import unit_gradients
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool

pytestmark = pytest.mark.slow

FEW = SelectionOptions(limit=2)
FAMILIES = ("mockingjay", "hubert-layer", "whisper", "audio-spectrogram-transformer", "speecht5")


REFUSALS = {
    ("low-rank", "speecht5"): "heads of a fixed size",
    ("patterns", "speecht5"): "adds positions to its scores",
    ("patterns", "audio-spectrogram-transformer"): "or has patches",
}


def budget_of(method: str, family: str) -> float:
    return 0.97 if family in ("whisper", "hubert-layer", "speecht5") or method == "spans" else 0.9


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["widths", "merge", "low-rank", "patterns"])
def test_a_budget_is_kept_and_a_folder_gives_what_was_fitted(
    original, intact, tmp_path: Path, family: str, method: str
) -> None:
    """The written model has the multiplications that were asked for, and loads with its shape."""
    if reason := REFUSALS.get((method, family)):
        with pytest.raises(InputError, match=reason):
            refine_to(original(family), tmp_path / "out", method, 0.97)
        return
    budget = budget_of(method, family)
    done = refine_to(original(family), tmp_path / "out", method, budget)
    assert ("features of a head of each layer: " in done.summary) == (method == "low-rank")
    before, after = intact(family), load(tmp_path / "out", device="cpu")
    seconds = min(10.0, before.max_seconds)
    share = sum(count_macs(after, seconds).values()) / sum(count_macs(before, seconds).values())
    assert budget - 0.06 < share <= budget + 1e-9
    if family != "speecht5":
        hidden = plain(tmp_path / "out")
        assert torch.isfinite(hidden).all()
        assert relative(hidden, plain(original(family))) < 1


def refine_to(model, out: Path, method: str, budget: float):
    """Refine a model on few utterances."""
    options = RefinementOptions(budget_macs=budget, method=method)
    return refine(model, out, corpora=["bundled"], options=options, selection=FEW)


@pytest.fixture(scope="module")
def draft(original) -> ReductionDraft:
    return make_draft(original("hubert-layer"), 0.9)


def make_draft(model, budget: float, span: int | None = None) -> ReductionDraft:
    source = read_source(model)
    speech = SpeechPool(["bundled"], make_selection(FEW)).read(source.encoder)
    return ReductionDraft(source, build(source, span), budget, span, speech)


def test_gradients_of_units_are_those_of_a_finite_difference(draft: ReductionDraft) -> None:
    gradients, batch = unit_gradients(draft), draft.sample.batches[0]
    down = draft.original.model.encoder.layers[1].feed_forward.output_dense
    losses = []
    for gate in (0.95, 1.05):
        hook = down.register_forward_pre_hook(lambda _, args, gate=gate: (scaled(args[0], 5, gate),))
        with torch.no_grad():
            hidden = batch.hidden(draft.original.model(**batch.inputs).last_hidden_state)
        losses.append(batch.gradient_target(hidden).double())
        hook.remove()
    expected = (losses[1] - losses[0]) / 0.1
    assert gradients[1][: len(expected), 5] == pytest.approx(expected.numpy(), rel=0.02, abs=2e-5)


def scaled(states: torch.Tensor, unit: int, gate: float) -> torch.Tensor:
    states = states.clone()
    states[..., unit] *= gate
    return states


def test_a_shape_loads_in_a_fresh_process_with_the_same_outputs(original, tmp_path: Path) -> None:
    """Units that stay, features of heads, and a span of each layer; the reference is the model in memory."""
    source = read_source(original("hubert-layer"))
    model = build(source, 6)
    keep_units(model, source.parts, [[0, 3], range(64), []])
    resize_heads(model, source.parts, [5, 12, 12])
    record_shape(model)
    model.save_pretrained(tmp_path)
    inputs = source.encoder.inputs([noise(0.7)])
    torch.save(inputs, tmp_path / "inputs.pt")
    script = """import sys, otoscope, torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1]).eval()
with torch.inference_mode():
    torch.save(model(**torch.load(sys.argv[1] + "/inputs.pt")).last_hidden_state, sys.argv[1] + "/outputs.pt")"""
    done = run_script(script, tmp_path)
    assert done.returncode == 0, done.stderr
    with torch.inference_mode():
        expected = model(**inputs).last_hidden_state
    assert relative(torch.load(tmp_path / "outputs.pt"), expected) < 1e-5
    config = AutoModel.from_pretrained(tmp_path).config
    assert (config.units_of_layers, config.sizes_of_heads) == ([2, 64, 0], [5, 12, 12])


def test_units_that_stay_give_what_they_gave(original) -> None:
    """The reference sets the others to zero by hooks on the original."""
    source = read_source(original("whisper"))
    model, inputs = build(source), source.encoder.inputs([noise(0.7)])
    encoder = model.get_encoder() if hasattr(model, "get_encoder") else model
    keep_units(encoder, source.parts, [[1, 2, 5]] * 3)
    gone = [unit for unit in range(64) if unit not in (1, 2, 5)]
    for layer in source.encoder.model.layers:
        layer.fc2.register_forward_pre_hook(lambda _, args: (args[0].index_fill(-1, torch.tensor(gone), 0),))
    with torch.inference_mode():
        pair = [each(**inputs).last_hidden_state for each in (encoder, source.encoder.model)]
    assert relative(*pair) < 1e-5


def test_least_squares_by_hand() -> None:
    generator = torch.Generator().manual_seed(0)
    x_ni, weight_oi = torch.randn(300, 6, generator=generator).double(), torch.randn(4, 6, generator=generator).double()
    factors = torch.tensor([0.5, 2.0, 1.5]).double()
    y_no = x_ni @ (weight_oi * factors.repeat_interleave(2)).T + 3
    centred = [each - each.mean(0) for each in (x_ni, y_no)]
    equations = NormalEquations(centred[0].T @ centred[0], centred[0].T @ centred[1], x_ni.mean(0), y_no.mean(0))
    torch.testing.assert_close(solve(*scale_equations(equations, weight_oi, 2)), factors, rtol=0, atol=1e-2)
    fitted = refit(equations, torch.zeros(4, 6).double())
    torch.testing.assert_close(fitted, weight_oi * factors.repeat_interleave(2), rtol=0, atol=1e-2)
    torch.testing.assert_close(equations.bias(fitted), torch.full((4,), 3.0).double(), rtol=0, atol=1e-2)


def test_merging_equal_heads_and_units_changes_nothing(original, tmp_path: Path) -> None:
    """All heads of the model are copies of the first two of their layer, and all units of the first half."""
    source = read_source(original("mockingjay"))
    for layer in source.encoder.model.encoder.layer:
        attention = layer.attention
        for linear in (attention.self.query, attention.self.key, attention.self.value):
            for tensor in (linear.weight.data, linear.bias.data):
                half = len(tensor) // 2
                tensor[half:] = tensor[:half]
        for linear in (layer.intermediate.dense,):
            for tensor in (linear.weight.data, linear.bias.data):
                half = len(tensor) // 2
                tensor[half:] = tensor[:half]
    source.whole.save_pretrained(tmp_path / "equal")
    source.encoder.extractor.save_pretrained(tmp_path / "equal")
    merged = refine_to(tmp_path / "equal", tmp_path / "merge", "merge", 0.75)
    assert len(merged.removed) > 1
    error = {}
    for method in ("merge", "widths"):
        if method == "widths":
            refine_to(tmp_path / "equal", tmp_path / "widths", "widths", 0.75)
        error[method] = relative(plain(tmp_path / method), plain(tmp_path / "equal"))
    assert error["merge"] < error["widths"]


def test_clusters_are_of_similar_items() -> None:
    similarity = np.array([[1, 0.1, 0.9, 0], [0.1, 1, 0.2, 0.8], [0.9, 0.2, 1, 0], [0, 0.8, 0, 1]])
    assert sorted(map(sorted, cluster(similarity, 2, np.ones(4)))) == [[0, 2], [1, 3]]
    assert cluster(similarity, 1, np.array([0.0, 0, 0, 1]))[0][0] == 3
    assert cluster(similarity, 4, np.ones(4)) == [[0], [1], [2], [3]]


def test_full_rank_changes_nothing_and_low_rank_is_the_best_one() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(50, 6, generator=generator).double() for _ in range(2))
    mixes = factor_product(query.T @ query, key.T @ key)
    scores = (query @ mixes[0]) @ (key @ mixes[1]).T
    torch.testing.assert_close(scores, query @ key.T, rtol=1e-4, atol=1e-4)
    left, values, right = torch.linalg.svd(query @ key.T)
    best = left[:, :2] * values[:2] @ right[:2]
    torch.testing.assert_close((query @ mixes[0][:, :2]) @ (key @ mixes[1][:, :2]).T, best, rtol=1e-3, atol=1e-3)
    weight = torch.randn(6, 9, generator=generator).double()
    mix, output = factor_output(query.T @ query, weight)
    left, values, right = torch.linalg.svd(query @ weight)
    best = left[:, :3] * values[:3] @ right[:3]
    torch.testing.assert_close(query @ mix[:, :3] @ output[:3], best, rtol=1e-3, atol=1e-3)


def test_spans_are_short_where_heads_attend_near_by(original, tmp_path: Path) -> None:
    assert choose_spans(np.array([[0.1] * 6, [0.5] * 6]), [0.2] * 6, 0.2) == [RADII[-1], None]
    refined = refine_to("bundled", tmp_path / "out", "spans", 0.97)
    assert isinstance(refined.span, list)
    encoder = load(tmp_path / "out", device="cpu")
    whole = sum(count_macs(load("bundled", device="cpu"), 10.0).values())
    assert sum(count_macs(encoder, 10.0).values()) <= 0.97 * whole
    intact = load("bundled", device="cpu")
    layer = next(layer for layer, span in enumerate(refined.span) if span)
    maps = encoder.maps(noise(12.0))
    far = np.abs(np.arange(maps[layer].shape[-1])[:, None] - np.arange(maps[layer].shape[-1])) > refined.span[layer]
    assert maps[layer][:, far].max() == 0
    assert intact.maps(noise(12.0))[layer][:, far].max() > 0


def test_lost_mass_is_that_of_the_maps(draft: ReductionDraft) -> None:
    lost, maps = lost_mass(draft), []
    for batch in draft.sample.batches:
        maps += [draft.original.maps(wave) for wave in batch.waves]
    frames = [np.arange(each[0].shape[-1]) for each in maps]
    expected = [
        np.mean(
            [
                (each[1] * (np.abs(t[:, None] - t) > 16)).sum((1, 2)).mean() / len(t)
                for each, t in zip(maps, frames, strict=True)
            ]
        )
    ]
    assert lost[1, RADII.index(16)] == pytest.approx(expected[0], rel=1e-4)


def test_the_loss_of_the_task_can_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    model = save_transcriber(tmp_path / "model", seconds=6)
    (tmp_path / "speech").mkdir()
    for name in "ab":
        soundfile.write(tmp_path / "speech" / f"{name}.wav", noise(0.8), 16000)
        (tmp_path / "speech" / f"{name}.txt").write_text("a cab", encoding="utf-8")
    options = RefinementOptions(budget_macs=0.97, method="widths", loss="task")
    refined = refine(model, tmp_path / "out", corpora=[tmp_path / "speech"], options=options)
    assert refined.effect.errors is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "merge"}, "--method, --loss and --budget-seconds say how --budget-macs or --budget-latency is"),
        ({"budget_macs": 0.5, "method": "beauty"}, "expected one of the reduction_methods .*merge.*; found 'beauty'"),
        ({"budget_macs": 0.001, "method": "widths"}, "a budget of 0.001 cannot be reached: without any head and unit"),
        (
            {"budget_macs": 0.01, "method": "low-rank"},
            "cannot be reached: without any but one feature",
        ),
        ({"budget_macs": 0.5, "method": "spans"}, "a budget of 0.5 cannot be reached: without any attention beyond 8"),
        ({"budget_macs": 0.9, "method": "spans", "span": 9}, "the spans of bundled cannot be chosen: it has spans"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        refine("bundled", tmp_path / "out", options=RefinementOptions(**options))
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_merge_of_one_head_is_refused(original, tmp_path: Path) -> None:
    removed = [(layer, head) for layer in range(3) for head in range(3)]
    refine(original("mockingjay"), tmp_path / "one", remove=removed)
    with pytest.raises(InputError, match="expected a layer with two heads or more to merge"):
        refine_to(tmp_path / "one", tmp_path / "out", "merge", 0.9)


def test_spans_of_layers_only_become_narrower() -> None:
    assert narrower([4, None, 9], 6) == [4, 6, 6]
    assert narrower([4, None], None) == [4, None]


def test_every_method_has_its_name() -> None:
    assert [method.name for method in REDUCTION_METHODS.select().values()] == list(REDUCTION_METHODS)
