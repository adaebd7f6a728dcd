"""Restored heads of a decoder: all of its cross-attention restores all, and gradients are slopes."""

import numpy as np
import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber

import otoscope
from otoscope.decoders.attention_modules import DecoderLayer, Kind
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.text_loss import text_loss
from otoscope.errors import InputError
from otoscope.importance.decoder_context import load_decoder_part
from otoscope.models.load import load
from otoscope.patching.corruptions import parse_corruption
from otoscope.patching.decoder_patch import decoder_patching
from otoscope.patching.table import patch_table
from otoscope.runs.speech_source import make_source, read_speech

FEW = otoscope.SpeechOptions(limit=2)
STEP = 1e-3
LAST = DecoderLayer(Kind.cross, 1)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load(save_transcriber(tmp_path_factory.mktemp("whisper"), seconds=4, layers=2), device="cpu")


@pytest.fixture(scope="module")
def run(encoder, tmp_path_factory):
    patching = otoscope.PatchOptions(corrupt="noise:0", strongest=2, part="cross")
    return otoscope.patch(
        encoder, "bundled", tmp_path_factory.mktemp("patched") / "run", patching=patching, options=FEW
    )


def test_all_of_cross_attention_restores_all(run):
    """The decoder reads the audio by cross-attention alone."""
    np.testing.assert_allclose(run.dataset["group_effect"].sel(group="all"), 1, rtol=1e-4)
    assert run.part == "cross"


def test_groups_are_layers_and_head_indices(run):
    assert run.dataset["group"].values.tolist() == ["layer 0", "layer 1", "index 0", "index 1", "all"]
    assert int(run.dataset["group_member"].sel(group="index 1").sum()) == 2
    assert run.dataset["exact_effect"].notnull().sum() == 2
    assert "index 1" in patch_table(run.dataset)


def test_gradients_are_slopes_of_the_loss_towards_the_clean_context(run, encoder):
    decoder = load_decoder_part(encoder, "cross")
    patching = decoder_patching(decoder, read_speech(make_source("bundled", FEW), encoder), parse_corruption("noise:0"))
    for number, pair in enumerate(patching.pairs):
        clean, corrupted = (contexts_of(decoder.transcriber, spoken) for spoken in (pair.clean, pair.corrupted))
        offset = (clean - corrupted)[:, :, 1]
        losses = []
        for step in (STEP, -STEP):

            def move(place, context, change=step * offset):
                moved = context.clone()
                if place == LAST:
                    moved[:, :, 1] += change
                return moved

            with changed_contexts(decoder.transcriber, move), torch.no_grad():
                losses.append(text_loss(decoder.transcriber, pair.corrupted).item())
        slope = (losses[1] - losses[0]) / (2 * STEP)
        stored = run.dataset["effect_drop"].isel(utterance=number, measure=0).sel(layer=1, head=1)
        assert float(stored) == pytest.approx(slope, rel=0.02, abs=2e-4)


def contexts_of(transcriber, spoken):
    """Return the contexts of the last layer of cross-attention."""
    contexts = []
    changed = changed_contexts(transcriber, lambda place, c: (contexts.append(c) if place == LAST else None, c)[1])
    with changed, torch.no_grad():
        text_loss(transcriber, spoken)
    return contexts[0]


def test_probes_for_a_decoder_are_refused():
    with pytest.raises(InputError, match="expected no --probes with --part cross"):
        otoscope.PatchOptions(corrupt="noise:0", probes=("phone",), part="cross")
