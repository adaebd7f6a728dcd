"""Gates that were made worse are learned back; the result is written if it is better, and loads without otoscope."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.helpers.forked_process import run_script
from tests.helpers.tiny_models import noise
from tests.helpers.worse_transcriber import save_noises, save_worse_transcriber

from otoscope import bundled
from otoscope.adaptation import adapt as adaptation
from otoscope.adaptation import search
from otoscope.adaptation.builtin.text import TextTask
from otoscope.adaptation.options import AdaptationOptions
from otoscope.decoders import transcription
from otoscope.errors import InputError

pytestmark = pytest.mark.slow

EVERY, STEPS = 6, 12


@pytest.fixture(scope="module", autouse=True)
def short_texts():
    """Bound texts to seven tokens: those of a random model do not end, and each token is one run of its decoder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FIRST_TOKENS", "USUAL_FIRST_TOKENS"):
            patch.setattr(transcription, name, 4)
        patch.setattr(transcription, "TOKENS_PER_SECOND", transcription.USUAL_TOKENS_PER_SECOND)
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the worse model, and of speech."""
    return save_worse_transcriber(tmp_path_factory.mktemp("worse"))


@pytest.fixture(scope="module")
def options(folders: tuple[Path, Path]) -> AdaptationOptions:
    return AdaptationOptions(adapt=folders[1], steps=STEPS)


@pytest.fixture(scope="module")
def adapted(folders, options, tmp_path_factory) -> adaptation.Adaptation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "EVERY", EVERY)
        patch.setattr(search, "RATE", 0.06)
        patch.setattr(adaptation, "gain_holds", lambda *_: True)  # too few speakers; `test_report.py` tests it
        return adaptation.adapt(folders[0], tmp_path_factory.mktemp("adapted") / "out", options)


def test_validation_speakers_choose_the_step(adapted: adaptation.Adaptation) -> None:
    losses = {(entry["step"], entry["share"]): entry["loss"] for entry in adapted.report.validations}
    assert list(losses)[:3] == [(0, 1), (EVERY, 1), (STEPS, 1)]
    assert [share for _, share in list(losses)[3:]] == list(search.SHARES)
    assert losses[adapted.report.step, adapted.report.share] == min(losses.values()) < losses[0, 1]
    assert adapted.report.gains[0].groups == 3
    assert not adapted.path.with_name("out.search").exists()


def test_the_folded_model_loads_without_otoscope_and_equals_the_gated_one(adapted, folders, tmp_path: Path) -> None:
    script = """import sys, torch, transformers
model = transformers.WhisperForConditionalGeneration.from_pretrained(sys.argv[1]).eval()
torch.save(model(torch.load(sys.argv[2]), decoder_input_ids=torch.tensor([[1, 5, 6]])).logits.detach(), sys.argv[3])
assert "otoscope" not in sys.modules"""
    features = torch.rand(1, 16, 200, generator=torch.Generator().manual_seed(0))
    torch.save(features, tmp_path / "features.pt")
    done = run_script(script, adapted.path, tmp_path / "features.pt", tmp_path / "logits.pt")
    assert done.returncode == 0, done.stderr
    from otoscope.refinement.gates import GatedPart, HeadGate, gate_sites, gate_values, gated
    from otoscope.refinement.source_model import read_source

    source = read_source(folders[0])
    source.whole.set_attn_implementation("sdpa")
    gates = [HeadGate(**{**gate, "part": GatedPart(gate["part"])}) for gate in adapted.report.tables["gates"]]
    values = gate_values(gate_sites(source.whole, source.encoder.model, source.parts, "worse"), gates, "worse")
    with torch.no_grad(), gated(source.whole, values):
        expected = source.whole(features, decoder_input_ids=torch.tensor([[1, 5, 6]])).logits
    measured = torch.load(tmp_path / "logits.pt")
    assert float((measured - expected).abs().max() / expected.abs().max()) < 1e-5


def test_the_report_and_the_card_are_next_to_the_model(adapted: adaptation.Adaptation) -> None:
    report = json.loads((adapted.path / "report.json").read_text(encoding="utf-8"))
    assert report["is_better"]
    assert [entry["step"] for entry in report["validations"]][:2] == [0, EVERY]
    card = (adapted.path / "README.md").read_text(encoding="utf-8")
    assert f"--adapt {adapted.report.options['adapt']}" in card
    assert "| adapt | " in card


def test_an_interrupted_search_continues_to_the_same_gates(
    adapted, folders, options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after its first checkpoint; without --resume it is refused, and with other options too."""
    monkeypatch.setattr(search, "EVERY", EVERY)
    monkeypatch.setattr(search, "RATE", 0.06)
    steps = search.set_gradients

    def interrupted(*arguments) -> None:
        if (tmp_path / "out.search" / "search.pt").exists():
            raise KeyboardInterrupt
        steps(*arguments)

    monkeypatch.setattr(search, "set_gradients", interrupted)
    with pytest.raises(KeyboardInterrupt):
        adaptation.adapt(folders[0], tmp_path / "out", options)
    monkeypatch.setattr(search, "set_gradients", steps)
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="pass --resume"):
        adaptation.adapt(folders[0], tmp_path / "out", options)
    with pytest.raises(InputError, match=r"gate_seed is 0 there, 1 now"):
        adaptation.adapt(folders[0], tmp_path / "out", replace(options, gate_seed=1, resume=True))
    path = tmp_path / "out.search" / "search.pt"
    saved = torch.load(path, weights_only=True)
    for other in ({name: value for name, value in saved.items() if name != "format"}, saved | {"format": 1}):
        torch.save(other, path)  # of versions whose losses mean something else
        with pytest.raises(InputError, match="a search of this version"):
            adaptation.adapt(folders[0], tmp_path / "out", replace(options, resume=True))
    torch.save(saved | {"state": saved["state"] | {"seconds": 1e6}}, path)
    resumed = adaptation.adapt(folders[0], tmp_path / "out", replace(options, resume=True))
    assert resumed.report.tables["gates"] == adapted.report.tables["gates"]
    assert 1e6 < resumed.report.cpu_seconds < 1e6 + 1e4  # with those of the interrupted process


def test_a_loss_that_is_no_number_is_one_line(folders, options, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(TextTask, "loss", lambda self, indices: torch.tensor(float("nan")))
    with pytest.raises(InputError, match="expected a finite loss"):
        adaptation.adapt(folders[0], tmp_path / "out", options)
    assert not list(tmp_path.iterdir())  # an unfinished search would ask for --resume
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        adaptation.adapt(folders[0], tmp_path / "file" / "out", options)


def test_rivals_are_refused_before_the_search_where_they_find_no_projections(tmp_path: Path) -> None:
    asked = AdaptationOptions(adapt=bundled.speech(), objective="phones", gate_utterances=8, steps=1, rivals=True)
    with pytest.raises(InputError, match="attention with a q_proj"):
        adaptation.adapt("bundled", tmp_path / "out", asked)
    assert not list(tmp_path.iterdir())


def test_rivals_are_learned_with_and_without_the_guard(folders, options, tmp_path: Path) -> None:
    from otoscope.adaptation.rivals import RIVALS

    guard = save_noises(tmp_path / "guard", speakers=4)
    asked = replace(options, steps=1, guard=guard, rivals=True, scale_penalty=0.01)
    done = adaptation.adapt(folders[0], tmp_path / "out", asked)
    titles, rows = done.report.rows[-1]
    assert titles == ("rival", "numbers", "guard", "adapt", "guard")
    assert [row[0] for row in rows] == [rival.name for rival in RIVALS for _ in range(2)]
    assert [row[2] for row in rows] == ["yes", "no"] * len(RIVALS)
    assert "| LoRA, rank 4 |" in (done.path / "README.md").read_text(encoding="utf-8")


def test_no_improvement_is_a_report_without_a_model(folders, options, tmp_path: Path, otoscope_command) -> None:
    """The original needs no gates, so that nothing is better on its own texts."""
    model, speech = folders[0].parent / "model", folders[1]
    status, out, err = otoscope_command("refine", model, "-o", tmp_path / "out", "--adapt", speech, "--steps", 1)
    assert (status, err) == (0, "")
    assert out.startswith("no improvement found")
    assert re.search(r"step (1 )?of 1\b", out)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["README.md", "report.json"]


def test_calm_widens_its_guard_and_reports_every_hard_case(folders, tmp_path: Path) -> None:
    """A model of 2 s cannot take 10 s of noise: one line, and nothing is written."""
    guard, sounds = folders[1], tmp_path / "sounds"
    import soundfile

    for kind in ("rain", "fire", "dog"):
        (sounds / kind).mkdir(parents=True)
        soundfile.write(sounds / kind / "a.wav", noise(0.4), 16000)
    with pytest.raises(InputError, match="expected at most 2 s of audio"):
        adaptation.adapt(folders[0], tmp_path / "out", AdaptationOptions(calm=sounds, guard=guard, steps=1))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"guard": "speech"}, "--guard .* is also the corpus to learn from"),
        ({"guard": "other", "adapt_test": "other"}, "--guard .* is also a corpus that reports"),
        ({"adapt": None, "calm": "sounds"}, "--calm needs --guard"),
        ({"objective": "ctc"}, "expected a model with a CTC head"),
        ({"gated": "encoder", "gate_utterances": 3}, "4 utterances"),
        ({"objective": "wer"}, "expected --objective auto"),
        ({"tolerance": 2.0}, "expected a --tolerance from 0 to 1"),
        ({"guard_weight": 0.0}, "expected a --guard-weight above 0"),
    ],
)
def test_contradictions_are_one_line(folders, options, tmp_path: Path, changes, message: str) -> None:
    places = {"speech": folders[1], "sounds": tmp_path}
    changed = {name: places.get(value, value) for name, value in changes.items()}
    with pytest.raises(InputError, match=message) as refused:
        adaptation.adapt(folders[0], tmp_path / "out", replace(options, **changed))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_corpus_without_texts_is_one_line(folders, options, tmp_path: Path) -> None:
    import shutil

    speech = Path(shutil.copytree(folders[1], tmp_path / "speech"))
    next(speech.rglob("*.txt")).unlink()
    with pytest.raises(InputError, match="expected a text for every utterance"):
        adaptation.adapt(folders[0], tmp_path / "out", replace(options, adapt=speech))
    with pytest.raises(InputError, match="share no utterance with --adapt"):
        adaptation.adapt(folders[0], tmp_path / "out", replace(options, guard=speech))
