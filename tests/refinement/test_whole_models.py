"""`refine` keeps the head and the decoder of a model; what it writes loads in a fresh process, or is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tests.helpers.forked_process import run_script
from tests.helpers.refinable_models import SOME, relative
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import (
    CLASSES,
    build_whole,
    inputs_of,
    outputs_of,
    plain_whole,
    without_heads_by_hooks,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES

from otoscope.errors import InputError
from otoscope.models.load import load, load_whole
from otoscope.refinement.builder import build
from otoscope.refinement.export import carry_refined_code
from otoscope.refinement.layouts import LAYOUTS
from otoscope.refinement.modeling import limit_spans, record_patterns
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source
from otoscope.refinement.surgery import fix_patterns, keep_heads, keep_units, resize_heads

pytestmark = pytest.mark.slow

EXACT = 1e-5
LOAD_EACH = """import json, sys, otoscope, torch, transformers
from transformers.models.auto import modeling_auto
for folder in json.loads(sys.argv[1]):
    config = transformers.AutoConfig.from_pretrained(folder)
    autos = [auto for auto in vars(modeling_auto).values() if isinstance(auto, type) and getattr(auto, "_model_mapping",
        None) is not None and type(config) in auto._model_mapping]
    kind = config.architectures[0]
    model = next(auto for auto in autos if auto._model_mapping[type(config)].__name__ == kind).from_pretrained(folder)
    inputs = torch.load(folder + "/inputs.pt")
    torch.manual_seed(0)
    with torch.inference_mode():
        torch.save(model.eval()(**inputs)[0], folder + "/outputs.pt")
    for name in set(config.auto_map) - {"AutoConfig"}:  # every class that the folder claims
        claimed = getattr(transformers, name).from_pretrained(folder).state_dict()
        whole = {key.split(".", 1)[-1]: weight for key, weight in model.state_dict().items()} | model.state_dict()
        assert all(weight.equal(whole[key]) for key, weight in claimed.items()), (folder, name)
"""
REMOTE = """import json, os, sys
sys.modules["otoscope"] = None  # an import of it would fail
os.environ["HF_MODULES_CACHE"] = sys.argv[2]
import torch, transformers
for folder in json.loads(sys.argv[1]):
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)
    names = [name for name, kind in config.auto_map.items() if kind.endswith("." + config.architectures[0])]
    for name in set(config.auto_map) - {"AutoConfig"}:  # every class that the folder claims
        getattr(transformers, name).from_pretrained(folder, trust_remote_code=True)
    model = getattr(transformers, names[0]).from_pretrained(folder, trust_remote_code=True)
    inputs = torch.load(folder + "/inputs.pt")
    torch.manual_seed(0)
    with torch.inference_mode():
        torch.save(model.eval()(**inputs)[0], folder + "/remote.pt")
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each class; within it, `refined` with the outputs of a fresh process."""
    made = {name: build_whole(name, tmp_path_factory.mktemp(name)) for name in CLASSES}
    for folder in made.values():
        refine(folder, folder / "refined", remove=SOME)
        torch.save(inputs_of(folder), folder / "refined" / "inputs.pt")
    done = run_script(LOAD_EACH, json.dumps([str(folder / "refined") for folder in made.values()]))
    assert done.returncode == 0, done.stderr
    return made


def test_a_machine_without_otoscope_gives_the_same_outputs_by_remote_code(
    folders: dict[str, Path], original, tmp_path: Path
) -> None:
    """Every class; and a model with spans, patterns, other units and sizes of heads, and a layer without heads."""
    source = read_source(original("hubert-layer"))
    model = build(source, 6)
    keep_heads(model, source.parts, [range(4), [], range(3)])
    keep_units(model, source.parts, [[0, 3], range(64), []])
    resize_heads(model, source.parts, [5, 12, 12])
    fix_patterns(model, source.parts, 2, {1: torch.arange(7.0)})
    record_patterns(model, 3)
    limit_spans(model, [[2, None, 2, 6], None, 6])
    carry_refined_code(model, source.parts, source.encoder.extractor, tmp_path / "all")
    model.save_pretrained(tmp_path / "all")
    inputs = source.encoder.inputs([noise(0.7)])
    torch.save(inputs, tmp_path / "all" / "inputs.pt")
    refined = [folder / "refined" for folder in folders.values()]
    done = run_script(REMOTE, json.dumps([str(each) for each in (*refined, tmp_path / "all")]), tmp_path / "modules")
    assert done.returncode == 0, done.stderr
    for folder in refined:
        assert relative(torch.load(folder / "remote.pt"), torch.load(folder / "outputs.pt")) < EXACT
    with torch.inference_mode():
        expected = model.eval()(**inputs)[0]
    assert relative(torch.load(tmp_path / "all" / "remote.pt"), expected) < EXACT


def test_every_family_that_can_be_refined_is_tested_whole() -> None:
    assert set(CLASSES.values()) == set(LAYOUTS)


@pytest.mark.parametrize("name", CLASSES)
def test_a_fresh_process_gives_the_outputs_of_the_original_without_these_heads(
    folders: dict[str, Path], name: str
) -> None:
    """By the Auto class that has this class of models; the reference sets contexts to zero by hooks."""
    folder = folders[name]
    original = plain_whole(name, folder)
    expected = outputs_of(without_heads_by_hooks(original, folder, SOME), inputs_of(folder))
    assert relative(torch.load(folder / "refined" / "outputs.pt"), expected) < EXACT
    intact = outputs_of(original, inputs_of(folder))
    assert relative(intact, expected) > 100 * EXACT
    assert load(folder / "refined", device="cpu").n_heads == (3, 4, 1)


@pytest.mark.parametrize("name", ["HubertForCTC", "WhisperForConditionalGeneration", "Wav2Vec2ForXVector"])
def test_a_class_that_cannot_hold_it_is_refused(folders: dict[str, Path], tmp_path: Path, name: str) -> None:
    """The plain class would load a model with a span, and attend to all frames."""
    refine(folders[name], tmp_path / "out", options=RefinementOptions(span=4))
    with pytest.raises(Exception, match="import otoscope"):
        getattr(transformers, name).from_pretrained(tmp_path / "out")


def test_a_head_that_was_never_trained_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    refine(load(folders["HubertForCTC"], device="cpu").model, tmp_path / "out", remove=SOME)
    with pytest.raises(InputError, match=r"has no lm_head\.bias and lacks 2 weights of RefinedHubertForCTC"):
        transformers.AutoModelForCTC.from_pretrained(tmp_path / "out")
    assert type(transformers.AutoModel.from_pretrained(tmp_path / "out")).__name__ == "RefinedHubertModel"


def test_a_span_limits_the_encoder_alone(folders: dict[str, Path], tmp_path: Path) -> None:
    """The decoder attends to all tokens and all encoded audio; in generation too, in batches."""
    folder = folders["WhisperForConditionalGeneration"]
    refine(folder, tmp_path / "out", remove=SOME, options=RefinementOptions(span=4))
    original, encoder = plain_whole("WhisperForConditionalGeneration", folder), load(folder, device="cpu")
    inputs = encoder.inputs([noise(0.9), noise(0.4, seed=1)])
    with encoder.without_heads(SOME), encoder.limit_span(4):
        hidden = encoder.forward([noise(0.9)]).hidden
    refined = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / "out").eval()
    for implementation in ("eager", "sdpa"):
        refined.set_attn_implementation(implementation)
        with torch.inference_mode():
            states = refined.get_encoder()(**inputs)
        assert relative(states.last_hidden_state[:1, : hidden.shape[1]], hidden) < EXACT
        original.set_attn_implementation(implementation)
        options = {"max_new_tokens": 6, "do_sample": False, "num_beams": 2}
        expected = original.generate(encoder_outputs=states, **options)
        assert torch.equal(refined.generate(**inputs, **options), expected)


def test_padding_changes_nothing_in_a_whole_model(folders: dict[str, Path]) -> None:
    refined = load_whole(folders["UniSpeechSatForAudioFrameClassification"] / "refined", device="cpu")
    waves = [noise(1.3), noise(0.7, seed=1)]
    together, alone = (outputs_of(refined[0], dict(refined[1].inputs(audio))) for audio in (waves, waves[1:]))
    assert relative(together[1:, : alone.shape[1]], alone) < EXACT


def test_a_portable_whole_model_is_a_plain_one(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = folders["HubertForCTC"]
    refine(folder, tmp_path / "out", remove=SOME, options=RefinementOptions(portable=True))
    model, info = transformers.HubertForCTC.from_pretrained(tmp_path / "out" / "portable", output_loading_info=True)
    assert not info["missing_keys"]
    expected = torch.load(folder / "refined" / "outputs.pt")
    assert relative(outputs_of(model.eval(), inputs_of(folder)), expected) < EXACT


def test_tied_weights_are_stored_once(folders: dict[str, Path]) -> None:
    folder = folders["WhisperForConditionalGeneration"]
    sizes = [(folder / name / "model.safetensors").stat().st_size for name in (".", "refined")]
    assert sizes[1] < sizes[0]


def test_spans_of_models_that_add_positions_are_refused_by_name(folders: dict[str, Path], tmp_path: Path) -> None:
    for name in ("SpeechT5ForSpeechToText", "SeamlessM4Tv2ForSpeechToText"):
        with pytest.raises(InputError, match="adds positions to its scores; its span cannot be limited"):
            refine(folders[name], tmp_path / "out", options=RefinementOptions(span=4))
    assert not (tmp_path / "out").exists()


def test_an_encoder_is_refined_with_its_own_weights_within_its_whole_model(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    encoder = load(folders["HubertForCTC"], device="cpu")
    with torch.no_grad():
        encoder.model.encoder.layer_norm.bias += 1
    refine(encoder, tmp_path / "out", remove=[])
    refined = transformers.AutoModelForCTC.from_pretrained(tmp_path / "out")
    np.testing.assert_array_equal(
        refined.hubert.encoder.layer_norm.bias.detach(), encoder.model.encoder.layer_norm.bias.detach()
    )


def test_the_tokenizer_stays_and_a_pipeline_runs(folders: dict[str, Path], tmp_path: Path) -> None:
    """A pipeline chooses how to decode by the names of class and model type."""
    folder = Path(shutil.copytree(folders["HubertForCTC"], tmp_path / "model"))
    shutil.rmtree(folder / "refined")
    vocabulary = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4} | {chr(97 + at): 5 + at for at in range(26)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    transformers.Wav2Vec2CTCTokenizer(str(tmp_path / "vocab.json")).save_pretrained(folder)
    refine(folder, tmp_path / "out", remove=[])
    waves = [noise(0.9), noise(0.5)]
    texts = [
        [item["text"] for item in transformers.pipeline("automatic-speech-recognition", model=str(each))(waves)]
        for each in (folder, tmp_path / "out")
    ]
    assert texts[0] == texts[1]
    assert texts[0][0]
    refined = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(
        folders["WhisperForConditionalGeneration"] / "refined"
    )
    assert refined.config.model_type == "whisper"
    assert type(refined).__name__ in MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES.values()
