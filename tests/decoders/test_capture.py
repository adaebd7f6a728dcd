"""Captured decoder attention equals what the model itself computes, and leaves the model as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.helpers import tiny_transcribers
from tests.helpers.tiny_transcribers import transcriber, utterances
from transformers.generation import GenerationMixin

from otoscope.decoders.attention_record import attention_backend
from otoscope.decoders.capture import Row, capture_decoder, decoder_text
from otoscope.errors import InputError

families = pytest.mark.parametrize("name", tiny_transcribers.BUILDERS)


def eager_output(tiny, wave, text, **options):
    """Run the model with its own eager attention, on one utterance."""
    with torch.inference_mode(), attention_backend(tiny.model, "eager"):
        ids = torch.tensor([text.ids])
        options |= {"output_attentions": True, "use_cache": False}
        return tiny.model(**tiny.inputs([wave]), decoder_input_ids=ids, **options)


@families
def test_maps_equal_those_of_eager_attention_and_rows_sum_to_one(name):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    for wave, text, maps in zip(waves, texts, capture_decoder(tiny, waves, texts, own=None), strict=True):
        output = eager_output(tiny, wave, text)
        columns = output.cross_attentions[0].shape[-1]
        for (layer, head), map_qk in maps.cross.items():
            reference = output.cross_attentions[layer][0, head].numpy()
            np.testing.assert_allclose(map_qk, reference[:, : map_qk.shape[1]], atol=1e-6)
            np.testing.assert_allclose(maps.beyond[layer, head], reference[:, map_qk.shape[1] :].sum(-1), atol=1e-6)
            np.testing.assert_allclose(map_qk.sum(-1) + maps.beyond[layer, head], 1, atol=1e-6)
            assert map_qk.shape[1] <= columns
        for (layer, head), map_qq in maps.own.items():
            np.testing.assert_allclose(map_qq, output.decoder_attentions[layer][0, head].numpy(), atol=1e-6)
            np.testing.assert_allclose(map_qq.sum(-1), 1, atol=1e-6)
            assert not np.triu(map_qq, 1).any()


@families
def test_columns_cover_the_audio_at_the_frame_rate(name):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    for wave, maps in zip(waves, capture_decoder(tiny, waves, texts), strict=True):
        columns = next(iter(maps.cross.values())).shape[1]
        assert columns * maps.period == pytest.approx(len(wave) / 16000, abs=max(2 * maps.period, 0.06))


@families
def test_a_batch_of_unlike_lengths_equals_single_items(name):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    together = capture_decoder(tiny, waves, texts, own=None)
    for wave, text, maps in zip(waves, texts, together, strict=True):
        (alone,) = capture_decoder(tiny, [wave], [text], own=None)
        for kind in ("cross", "own", "beyond"):
            for head, values in getattr(maps, kind).items():
                np.testing.assert_allclose(values, getattr(alone, kind)[head], atol=1e-6)


def test_rows_have_the_names_of_what_they_predict():
    tiny = transcriber("whisper")
    text = replace(decoder_text(tiny, [5, 6]), prompt=(3, 4, 1))
    (maps,) = capture_decoder(tiny, utterances(tiny)[0][:1], [text], cross=[(0, 1)])
    assert text.ids == (3, 4, 1, 5, 6, 2)
    assert text.rows == (Row.prompt, Row.prompt, Row.token, Row.token, Row.end, Row.past_end)
    assert (maps.first_token_row, maps.cross[0, 1].shape[0]) == (2, 6)


@pytest.mark.parametrize("beams", [1, 3])
def test_maps_equal_the_steps_of_generation(beams):
    """The reference gathers each step's row from the beam that the final text descends from."""
    tiny = transcriber("whisper")
    waves, _ = utterances(tiny)
    settings = {"max_new_tokens": 4, "num_beams": beams, "output_attentions": True, "return_dict_in_generate": True}
    with torch.inference_mode(), attention_backend(tiny.model, "eager"):
        inputs = tiny.inputs(waves)["input_features"]
        generated = generate_plain(tiny.model, inputs, settings)
    for item, wave in enumerate(waves):
        ids = generated.sequences[item].tolist()
        text = replace(decoder_text(tiny, ids[1:]), prompt=(ids[0],))
        (maps,) = capture_decoder(tiny, [wave], [text])
        for step in range(len(ids) - 1):
            row = item if beams == 1 else int(generated.beam_indices[item, step])
            if row < 0:
                break
            expected = generated.cross_attentions[step][0][row, :, -1].numpy()
            for head, reference in enumerate(expected):
                map_q = maps.cross[0, head][step]
                np.testing.assert_allclose(map_q, reference[: len(map_q)], atol=1e-6)


def generate_plain(model, inputs, settings):
    """Generate by transformers' common code: Whisper's own post-processing takes maps from rows of other beams."""
    ids = torch.full((len(inputs), 1), model.generation_config.decoder_start_token_id)
    return GenerationMixin.generate(model, inputs, decoder_input_ids=ids, **settings)


@pytest.mark.parametrize("backend", ["sdpa", "eager"])
def test_the_backend_and_the_output_are_as_before(backend):
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    with attention_backend(tiny.model, backend):
        with torch.inference_mode():
            inputs = {**tiny.inputs(waves[:1]), "decoder_input_ids": torch.tensor([texts[0].ids])}
            before = tiny.model(**inputs).logits
        capture_decoder(tiny, waves, texts)
        with torch.inference_mode():
            after = tiny.model(**inputs).logits
        assert tiny.model.config._attn_implementation == backend
        assert not tiny.model.config.output_attentions
    assert torch.equal(before, after)


def test_only_the_requested_heads_are_stored():
    """transformers#27834: no memory is left where all heads of all steps are stored."""
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    (maps,) = capture_decoder(tiny, waves[:1], texts[:1], cross=[(0, 1)], own=[(0, 0)])
    assert (set(maps.cross), set(maps.own), set(maps.beyond)) == ({(0, 1)}, {(0, 0)}, {(0, 1)})


@pytest.mark.parametrize("name", ["whisper", "speecht5"])
@pytest.mark.parametrize(("head", "reason"), [((0, 9), "expected heads 0 to 1 in layer 0"), ((8, 0), "has 1 layers")])
def test_a_head_that_does_not_exist_is_refused(name, head, reason):
    """Heads of a larger model, as those of large-v3 for its turbo version, end in an IndexError elsewhere."""
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    with pytest.raises(InputError, match=reason):
        capture_decoder(tiny, waves, texts, cross=[head])
    assert tiny.model.config._attn_implementation in {"sdpa", "eager"}


@pytest.mark.parametrize(
    ("samples", "tokens", "reason"),
    [
        (0, [5], "expected audio, found 0 samples"),
        (16000 * 7, [5], "expected at most 6 s of audio for whisper, found 7.0 s"),
        (16000, [5] * 448, "expected a text of at most 448 tokens"),
    ],
)
def test_audio_and_texts_that_do_not_fit_are_refused(samples, tokens, reason):
    tiny = transcriber("whisper")
    with pytest.raises(InputError, match=reason):
        capture_decoder(tiny, [np.zeros(samples, np.float32)], [decoder_text(tiny, tokens)])
