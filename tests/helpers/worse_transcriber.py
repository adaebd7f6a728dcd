"""A tiny transcriber that gates made worse, and speech with the texts of the original."""

import json
from pathlib import Path

import soundfile
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

WORSE = [{"part": "self", "layer": 0, "head": 1, "scale": 0.2}]


def save_worse_transcriber(folder: Path) -> tuple[Path, Path]:
    """Return the folders of a model that other gates would mend, and of speech of 12 speakers with texts."""
    model = save_transcriber(folder / "model", seconds=2)
    (folder / "gates.json").write_text(json.dumps(WORSE), encoding="utf-8")
    refine(model, folder / "worse", options=RefinementOptions(gates=folder / "gates.json"))
    transcriber = load_transcriber(model, device="cpu")
    for speaker in range(12):
        wave = noise(0.5, seed=speaker)
        path = folder / "speech" / f"speaker{speaker}" / "a.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, wave, 16000, subtype="FLOAT")
        path.with_suffix(".txt").write_text(transcribe_waves(transcriber, [wave])[0], encoding="utf-8")
    return folder / "worse", folder / "speech"


def save_noises(folder: Path, speakers: int) -> Path:
    """Save one noise for each of some speakers, without texts, and return the folder."""
    for speaker in range(speakers):
        path = folder / f"speaker{speaker}" / "a.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, noise(0.4, seed=100 + speaker), 16000, subtype="FLOAT")
    return folder
