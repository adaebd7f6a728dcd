"""`--drop-zero-heads` removes heads that give nothing from encoder and decoder, and the output stays."""

import json
from pathlib import Path

import pytest
import torch
import transformers
from tests.helpers.forked_process import run_script
from tests.helpers.refinable_models import relative
from tests.helpers.whole_models import build_whole, inputs_of, outputs_of, plain_whole

from otoscope.decoders.attention_modules import decoder_layers
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

pytestmark = pytest.mark.slow

EXACT = 1e-5
NAMES = ("WhisperForConditionalGeneration", "SpeechT5ForSpeechToText", "SeamlessM4Tv2ForSpeechToText")
ZERO = [("encoder", 0, 1), ("encoder", 1, 3), ("self", 0, 1), ("cross", 0, 0)]
REMOTE = """import json, os, sys
sys.modules["otoscope"] = None  # an import of it would fail
os.environ["HF_MODULES_CACHE"] = sys.argv[2]
import torch, transformers
for folder in json.loads(sys.argv[1]):
    model = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(folder, trust_remote_code=True)
    with torch.inference_mode():
        torch.save(model.eval()(**torch.load(folder + "/inputs.pt"))[0], folder + "/remote.pt")
"""


def with_zero_heads(model: Path, out: Path, heads: list[tuple[str, int, int]]) -> Path:
    """Save a model whose heads have the scale 0, as `--remove-below` writes it."""
    out.with_suffix(".json").write_text(
        json.dumps([{"part": part, "layer": layer, "head": head, "scale": 0} for part, layer, head in heads]),
        encoding="utf-8",
    )
    refine(model, out, options=RefinementOptions(gates=out.with_suffix(".json")))
    return out


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each class; within it, `zero` with heads that give nothing, and `smaller` without them."""
    made = {name: build_whole(name, tmp_path_factory.mktemp(name)) for name in NAMES}
    for folder in made.values():
        with_zero_heads(folder, folder / "zero", ZERO)
        options = RefinementOptions(drop_zero_heads=True, portable=True)
        refined = refine(folder / "zero", folder / "smaller", options=options)
        assert refined.removed == ((0, 1), (1, 3))
        assert refined.decoder_removed == (("self", 0, 1), ("cross", 0, 0))
        assert "heads of the decoder removed: self 0.1, cross 0.0" in refined.summary
        torch.save(inputs_of(folder), folder / "smaller" / "inputs.pt")
    smaller = [str(folder / "smaller") for folder in made.values()]
    done = run_script(REMOTE, json.dumps(smaller), tmp_path_factory.mktemp("modules"))
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("name", NAMES)
def test_the_logits_stay_and_the_weights_are_gone(folders: dict[str, Path], name: str) -> None:
    """With otoscope, by remote code without it, and as a portable plain model."""
    folder = folders[name]
    zero, inputs = plain_whole(name, folder / "zero"), inputs_of(folder)
    expected = outputs_of(zero, inputs)
    refined = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(folder / "smaller").eval()
    assert relative(outputs_of(refined, inputs), expected) < EXACT
    assert relative(torch.load(folder / "smaller" / "remote.pt"), expected) < EXACT
    assert relative(outputs_of(plain_whole(name, folder / "smaller" / "portable"), inputs), expected) < EXACT
    assert relative(outputs_of(plain_whole(name, folder), inputs), expected) > 100 * EXACT
    heads = [module.num_heads for module in decoder_layers(refined.get_decoder(), name)]
    assert heads == [1, 1]
    width = zero.get_decoder().config.hidden_size
    per_head = 4 * width * 24 + 3 * 24  # four projections of heads of 24 features, and biases of queries and values
    gone = sum(p.numel() for p in zero.get_decoder().parameters()) - sum(
        p.numel() for p in refined.get_decoder().parameters()
    )
    assert gone in (2 * per_head, 2 * (per_head - 24))  # Whisper has no bias of keys


def test_generation_is_that_of_the_model_with_zero_heads(folders: dict[str, Path]) -> None:
    """The cache of keys has the heads that stay; beams reorder it."""
    folder = folders["WhisperForConditionalGeneration"]
    inputs = inputs_of(folder, (0.9, 0.4))
    del inputs["decoder_input_ids"]
    options = {"max_new_tokens": 6, "do_sample": False, "num_beams": 2}
    expected = plain_whole("WhisperForConditionalGeneration", folder / "zero").generate(**inputs, **options)
    refined = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(folder / "smaller").eval()
    assert torch.equal(refined.generate(**inputs, **options), expected)


def test_a_smaller_model_is_refined_again(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = folders["WhisperForConditionalGeneration"]
    again = refine(folder / "smaller", tmp_path / "again", remove=[(2, 0)])
    assert again.heads == (3, 3, 3)
    model = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / "again").eval()
    whole = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(folder / "smaller").eval()
    for path, module in whole.get_decoder().named_parameters():
        assert torch.equal(model.get_decoder().get_parameter(path), module)


def test_a_layer_keeps_a_head_and_the_heads_of_word_times(folders: dict[str, Path], tmp_path: Path) -> None:
    original = folders["WhisperForConditionalGeneration"]
    model = plain_whole("WhisperForConditionalGeneration", original)
    model.generation_config._from_model_config = False  # else it is made anew at each load
    model.generation_config.alignment_heads = [[0, 1]]
    model.save_pretrained(tmp_path / "model")
    load(original, device="cpu").extractor.save_pretrained(tmp_path / "model")
    every = [(part, 0, head) for part in ("self", "cross") for head in range(2)]
    zero = with_zero_heads(tmp_path / "model", tmp_path / "zero", every)
    refined = refine(zero, tmp_path / "smaller", options=RefinementOptions(drop_zero_heads=True))
    assert refined.decoder_removed == (("self", 0, 1), ("cross", 0, 0))
    smaller = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path / "smaller").eval()
    assert smaller.generation_config.alignment_heads == [[0, 0]]
    inputs = inputs_of(original)
    expected = outputs_of(plain_whole("WhisperForConditionalGeneration", zero), inputs)
    assert relative(outputs_of(smaller, inputs), expected) < EXACT


def test_a_model_without_such_heads_is_one_line(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give nothing, as --remove-below"):
        refine(folders[NAMES[0]], tmp_path / "out", options=RefinementOptions(drop_zero_heads=True))
    with pytest.raises(InputError, match="choose heads in one way"):
        refine(folders[NAMES[0]], tmp_path / "out", remove=[(0, 0)], options=RefinementOptions(drop_zero_heads=True))
    assert not (tmp_path / "out").exists()
