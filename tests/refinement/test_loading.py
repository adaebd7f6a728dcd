"""What `refine` writes: a folder that transformers loads in a fresh process, that is analysed and refined again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.comparison import by_definition, measure
from tests.helpers.forked_process import run_script
from tests.helpers.refinable_models import SOME, plain, relative
from tests.helpers.tiny_models import noise
from transformers import AutoFeatureExtractor, AutoModel

from otoscope import bundled
from otoscope.analysis.analyze import analyze
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.models.prediction_head import prediction_head
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.runs.options import SpeechOptions

pytestmark = pytest.mark.slow

WAVE = noise(0.9)
METHOD = ("globalness", "verticality", "diagonality", "weight", "offset_profile")


def fresh(script: str, *arguments: object) -> str:
    """Return what a process without otoscope in memory prints."""
    done = run_script(script, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("family", ["mockingjay", "hubert-group"])
def test_a_fresh_process_loads_it_with_its_extractor(original: Callable[[str], Path], tmp_path, family: str) -> None:
    refine(original(family), tmp_path / "out", remove=SOME, options=RefinementOptions(span=5))
    script = """import sys, otoscope, torch
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel
config = AutoConfig.from_pretrained(sys.argv[1])
inputs = AutoFeatureExtractor.from_pretrained(sys.argv[1])(torch.linspace(-1, 1, 16000).numpy(), sampling_rate=16000,
    return_tensors="pt")
model = AutoModel.from_pretrained(sys.argv[1]).eval()
print(type(model.config) is type(config), config.heads_of_layers, config.attention_span)
print(float(model(**inputs).last_hidden_state.double().sum()))"""
    loaded, total = fresh(script, tmp_path / "out").splitlines()[-2:]
    assert loaded == "True [3, 4, 1] 5"
    expected = plain(tmp_path / "out", [np.linspace(-1, 1, 16000, dtype=np.float32)])
    assert float(total) == pytest.approx(float(expected.double().sum()), abs=1e-2)


def test_a_portable_model_needs_no_otoscope(original: Callable[[str], Path], tmp_path: Path) -> None:
    refine(
        original("hubert-layer"),
        tmp_path / "out",
        remove=[*SOME, (1, 0), (1, 1), (1, 2), (1, 3)],
        options=RefinementOptions(portable=True),
    )
    script = "import sys; from transformers import AutoModel; print(type(AutoModel.from_pretrained(sys.argv[1])))"
    assert "HubertModel" in fresh(script + "; assert 'otoscope' not in sys.modules", tmp_path / "out" / "portable")
    assert relative(plain(tmp_path / "out" / "portable"), plain(tmp_path / "out")) < 1e-5


def test_a_portable_whisper_is_the_encoder_of_what_transformers_makes(original, tmp_path: Path) -> None:
    """Plain transformers makes an encoder and a decoder of the folder: the encoder must not be left at random."""
    refined = refine(
        original("whisper"), tmp_path / "out", remove=SOME, options=RefinementOptions(span=6, portable=True)
    )
    assert "its span is not limited" in refined.summary
    model, info = AutoModel.from_pretrained(refined.portable, output_loading_info=True)
    assert not info["missing_keys"]
    features = AutoFeatureExtractor.from_pretrained(refined.portable)(WAVE, sampling_rate=16000, return_tensors="pt")
    with torch.inference_mode():
        hidden = model.eval().encoder(features["input_features"]).last_hidden_state
    encoder = load(original("whisper"), device="cpu")
    with encoder.without_heads(SOME):
        expected = encoder.forward([WAVE]).hidden
    assert relative(hidden[:, : expected.shape[1]], expected) < 1e-5


@pytest.mark.parametrize("family", ["mockingjay", "tera"])
def test_a_portable_model_of_our_own_type_brings_its_code(original, tmp_path: Path, family: str) -> None:
    refine(
        original(family),
        tmp_path / "out",
        remove=[*SOME, (1, 0), (1, 1), (1, 2), (1, 3)],
        options=RefinementOptions(portable=True),
    )
    script = """import os, sys
sys.modules["otoscope"] = None  # an import of it would fail
os.environ["HF_MODULES_CACHE"] = sys.argv[4]
import numpy, torch
from transformers import AutoFeatureExtractor, AutoModel
extractor, model = (
    auto.from_pretrained(sys.argv[1], trust_remote_code=True) for auto in (AutoFeatureExtractor, AutoModel))
inputs = extractor(numpy.load(sys.argv[2]), sampling_rate=16000, return_tensors="pt")
with torch.inference_mode():
    numpy.save(sys.argv[3], model.eval()(**inputs).last_hidden_state.numpy())"""
    np.save(tmp_path / "wave.npy", WAVE)
    fresh(script, tmp_path / "out" / "portable", tmp_path / "wave.npy", tmp_path / "hidden.npy", tmp_path)
    hidden = torch.from_numpy(np.load(tmp_path / "hidden.npy"))
    assert relative(hidden, plain(tmp_path / "out")) < 1e-5
    assert load(tmp_path / "out" / "portable").family.model_type == family


def test_a_model_refined_twice_is_a_model_refined_once(original: Callable[[str], Path], tmp_path: Path) -> None:
    """Heads are counted anew, and a span can only become narrower."""
    folder = original("hubert-layer")
    refine(folder, tmp_path / "first", remove=[(0, 0), (2, 3)], options=RefinementOptions(span=6))
    refine(tmp_path / "first", tmp_path / "second", remove=[(0, 1), (1, 0)], options=RefinementOptions(span=6))
    refine(folder, tmp_path / "once", remove=[(0, 0), (0, 2), (1, 0), (2, 3)], options=RefinementOptions(span=6))
    assert relative(plain(tmp_path / "second"), plain(tmp_path / "once")) < 1e-6
    with pytest.raises(InputError, match=r"expected --span of at most 6 frames, which .* has already, found 9"):
        refine(tmp_path / "second", tmp_path / "third", options=RefinementOptions(span=9))
    assert not (tmp_path / "third").exists()


def test_its_statistics_are_those_of_its_band(original: Callable[[str], Path], tmp_path: Path) -> None:
    folder = original("mockingjay")
    refine(folder, tmp_path / "out", options=RefinementOptions(span=4))
    refined, encoder = (load(one, device="cpu", dtype="float64") for one in (tmp_path / "out", folder))
    maps = refined.maps(WAVE)
    with encoder.limit_span(4):
        expected = encoder.maps(WAVE)
    assert all(np.abs(maps[layer] - expected[layer]).max() < 1e-12 for layer in expected)
    statistics = measure(refined, [WAVE])[0][0]
    slow = by_definition([maps[layer] for layer in range(3)])
    assert all(np.abs(statistics[name] - slow[name]).max() < 1e-12 for name in METHOD)


@pytest.mark.parametrize("renormalise", [True, False])
@pytest.mark.parametrize("radius", [2, 9])
def test_a_span_within_its_span(original: Callable[[str], Path], tmp_path: Path, radius: int, renormalise) -> None:
    """An intervention can narrow a refined model's span, not widen it; rows are those of its own band."""
    refine(original("mockingjay"), tmp_path / "out", options=RefinementOptions(span=4))
    refined = load(tmp_path / "out", device="cpu", dtype="float64")
    whole = refined.maps(WAVE)[0]
    with refined.limit_span(radius, renormalise):
        maps, hidden = refined.maps(WAVE)[0], refined.forward([WAVE]).hidden
        statistics = measure(refined, [WAVE])[0][0]
        every = refined.maps(WAVE)
    frames = np.arange(whole.shape[-1])
    cut = whole * (np.abs(frames[:, None] - frames) <= radius)
    expected = cut / cut.sum(-1, keepdims=True) if renormalise else cut
    np.testing.assert_allclose(maps, expected, atol=1e-12)
    slow = by_definition([every[layer] for layer in range(3)])
    assert all(np.abs(statistics[name] - slow[name]).max() < 1e-12 for name in METHOD)
    if radius == 9:
        np.testing.assert_allclose(hidden, refined.forward([WAVE]).hidden, atol=1e-10)


def test_a_refined_model_is_analysed(tmp_path: Path) -> None:
    """Layers with fewer heads have fewer rows, one without heads has none."""
    refine(
        "bundled",
        tmp_path / "out",
        remove=[(0, 0), *((2, head) for head in range(8))],
        options=RefinementOptions(span=16),
    )
    run = analyze(tmp_path / "out", bundled.speech(), tmp_path / "run", options=SpeechOptions(limit=2))
    assert run.heads.groupby("layer").size().to_dict() == {0: 7, 1: 8, 3: 8, 4: 8, 5: 8}
    assert run.maps


def test_its_prediction_head_stays(tmp_path: Path) -> None:
    refine("bundled", tmp_path / "out", remove=[(0, 0)])
    kept, given = (prediction_head(load(name, device="cpu")) for name in (str(tmp_path / "out"), "bundled"))
    for (name, weight), (_, expected) in zip(kept.named_parameters(), given.named_parameters(), strict=True):
        np.testing.assert_array_equal(weight.detach(), expected.detach(), err_msg=name)


def test_weights_that_half_precision_holds_are_stored_so(tmp_path: Path) -> None:
    """The bundled model is stored in half precision; without some heads it must not grow."""
    refine("bundled", tmp_path / "out", remove=[(0, 0)])
    size = (tmp_path / "out" / "model.safetensors").stat().st_size
    assert size < (bundled.model() / "model.safetensors").stat().st_size
    assert load(tmp_path / "out", device="cpu").model.dtype.itemsize == 4


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_missing_file_is_one_clear_line(original, tmp_path: Path, missing: str) -> None:
    refine(original("hubert-layer"), tmp_path / "out", remove=SOME)
    (tmp_path / "out" / missing).unlink()
    for use in (
        lambda: load(tmp_path / "out"),
        lambda: refine(tmp_path / "out", tmp_path / "again", options=RefinementOptions(span=3)),
    ):
        with pytest.raises(InputError, match=str(tmp_path / "out")) as refused:
            use()
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "again").exists()


def test_a_configuration_that_does_not_fit_its_weights_is_refused(original, tmp_path: Path) -> None:
    refine(original("hubert-layer"), tmp_path / "out", remove=SOME)
    path = tmp_path / "out" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {"heads_of_layers": [4, 4, 4]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"weights of .* cannot be loaded"):
        load(tmp_path / "out")


def test_copies_load_from_anywhere(original, tmp_path: Path) -> None:
    refine(original("whisper"), tmp_path / "out", remove=SOME)
    moved = shutil.move(tmp_path / "out", tmp_path / "moved")
    assert load(moved, device="cpu").n_heads == (3, 4, 1)
