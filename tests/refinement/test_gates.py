"""Gates of heads: the intervention, the hooks and the folded weights give the same, in every family."""

import json
from pathlib import Path

import pytest
import torch
from tests.helpers.forked_process import run_script
from tests.helpers.refinable_models import relative
from tests.helpers.tiny_models import noise
from tests.helpers.whole_models import CLASSES, build_whole, inputs_of, outputs_of, plain_whole

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import HeadFactors
from otoscope.errors import InputError
from otoscope.models.capture import forward_with_handler
from otoscope.models.load import load
from otoscope.refinement.gates import GatedPart, HeadGate, gate_sites, gate_values, gated, read_gates
from otoscope.refinement.layouts import parts_of
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow

EXACT = 1e-5
FAMILIES = {family: name for name, family in CLASSES.items()}
LOAD_EACH = """import json, sys, torch, transformers
for folder, kind in json.loads(sys.argv[1]):
    model = getattr(transformers, kind).from_pretrained(folder).eval()
    torch.manual_seed(0)
    with torch.inference_mode():
        torch.save(model(**torch.load(folder + "/inputs.pt"))[0], folder + "/outputs.pt")
assert "otoscope" not in sys.modules
"""


def random_gates(folder: Path) -> list[HeadGate]:
    """Return gates of all heads, all different."""
    source = read_source(folder)
    sites = gate_sites(source.whole, source.encoder.model, source.parts, "tiny")
    generator = torch.Generator().manual_seed(0)
    draws = torch.rand(len(sites), 8, 2, generator=generator) + 0.5
    return [
        HeadGate(site.part, site.layer, head, *draws[index, head].tolist())
        for index, site in enumerate(sites)
        for head in range(site.heads)
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of a model of each family; within it, `gated` with the outputs of a process that has no otoscope."""
    made, plain = {}, []
    for family, name in FAMILIES.items():
        made[family] = folder = build_whole(name, tmp_path_factory.mktemp(name))
        gates = [vars(gate) for gate in random_gates(folder)]
        (folder / "gates.json").write_text(json.dumps(gates), encoding="utf-8")
        refine(folder, folder / "gated", options=RefinementOptions(gates=folder / "gates.json"))
        torch.save(inputs_of(folder), folder / "gated" / "inputs.pt")
        plain += [(str(folder / "gated"), name)] if family not in ("mockingjay", "tera") else []
    done = run_script(LOAD_EACH, json.dumps(plain))
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("family", FAMILIES)
def test_folded_weights_equal_the_gated_model(folders: dict[str, Path], family: str) -> None:
    """Loaded by plain transformers; our own types need their code."""
    folder = folders[family]
    original = plain_whole(FAMILIES[family], folder)
    encoder = next(m for m in original.modules() if type(m).__name__ == parts_of(family, "tiny").encoder)
    values = gate_values(
        gate_sites(original, encoder, parts_of(family, "tiny"), "tiny"), read_gates(folder / "gates.json"), "tiny"
    )
    inputs, stored = inputs_of(folder), folder / "gated" / "outputs.pt"
    with gated(original, values):
        expected = outputs_of(original, inputs)
    folded = torch.load(stored) if stored.exists() else outputs_of(plain_whole(FAMILIES[family], stored.parent), inputs)
    assert relative(folded, expected) < EXACT
    assert relative(outputs_of(original, inputs), expected) > 100 * EXACT


@pytest.mark.parametrize("family", FAMILIES)
def test_encoders_equal_the_definition(folders: dict[str, Path], family: str) -> None:
    """softmax((q k' + bias) / temperature) v times the scale, with whole maps; also as an intervention."""
    folder, wave = folders[family], noise(0.9)
    encoder, folded = load(folder, device="cpu"), load(folder / "gated", device="cpu")
    gates = [gate for gate in read_gates(folder / "gates.json") if gate.part is GatedPart.encoder]
    pairs = torch.tensor([(gate.scale, gate.temperature) for gate in gates]).reshape(encoder.n_layers, -1, 2, 1, 1)

    def by_definition(call: AttentionCall) -> torch.Tensor:
        scale, temperature = pairs[call.layer].unbind(1)
        scores = call.query_bhtd @ call.key_bhtd.transpose(-1, -2) * call.scaling
        scores = scores if call.bias_bhqk is None else scores + call.bias_bhqk
        return ((scores / temperature).softmax(-1) @ call.value_bhtd * scale).transpose(1, 2)

    expected = forward_with_handler(encoder, [wave], by_definition)
    frames = encoder.num_frames(wave)
    factors = [HeadFactors(gate.layer, gate.head, gate.scale, gate.temperature) for gate in gates]
    with encoder.intervene(*factors):
        intervened = encoder.forward([wave]).hidden
    hidden = folded.forward([wave]).hidden
    assert relative(hidden[:, :frames], expected[:, : hidden.shape[1]][:, :frames]) < EXACT
    assert relative(intervened, hidden) < EXACT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected a JSON list of gates"),
        ('[{"part": "self", "layer": 0}]', "expected a JSON list of gates"),
        ('[{"part": "encoder", "layer": 0, "head": 0, "temperature": 0}]', "a temperature of 0"),
        ('[{"part": "encoder", "layer": 0, "head": 0, "scal": 1}]', "unknown field scal"),
        ('[{"part": "self", "layer": 0, "head": 0}]', r"has no head 0 in self 0; it has encoder 0 \(4 heads\)"),
        ('[{"part": "encoder", "layer": 0, "head": 4}]', "has no head 4 in encoder 0"),
    ],
)
def test_bad_gates_are_one_line(folders: dict[str, Path], tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "gates.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message) as refused:
        refine(folders["hubert"], tmp_path / "out", options=RefinementOptions(gates=tmp_path / "gates.json"))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_head_is_gated_once_and_exists(folders: dict[str, Path]) -> None:
    encoder = load(folders["hubert"], device="cpu")
    for factors in ([HeadFactors(0, 0), HeadFactors(0, 0)], [HeadFactors(0, 0, temperature=0)], [HeadFactors(3, 0)]):
        with pytest.raises(InputError, match=r"one finite scale|no layer 3"), encoder.intervene(*factors):
            raise AssertionError


def test_gates_and_removed_heads_together(folders: dict[str, Path], tmp_path: Path) -> None:
    """Gates are those of the heads of the original."""
    folder = folders["hubert"]
    options = RefinementOptions(gates=folder / "gates.json")
    refine(folder, tmp_path / "both", remove=[(0, 1), (2, 0)], options=options)
    refine(folder / "gated", tmp_path / "after", remove=[(0, 1), (2, 0)])
    hidden = [load(tmp_path / name, device="cpu").forward([noise(0.9)]).hidden for name in ("both", "after")]
    assert torch.equal(*hidden)
