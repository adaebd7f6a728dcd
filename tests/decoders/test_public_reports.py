"""Right values where users of other tools reported wrong ones; the name of each test is what they reported."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.helpers.tiny_transcribers import transcriber, utterances

from otoscope.alignment.aligner import Side, boundary_rows, ordered_times
from otoscope.alignment.fit import HeadTimes, TimedUtterance, configuration_heads
from otoscope.alignment.recipes import TimeRecipe, published_heads, recipe_columns, reference_recipes
from otoscope.alignment.spelling import Spelling
from otoscope.alignment.word import Word
from otoscope.alignment.word_files import text_grid_words
from otoscope.decoders.ablation import DecoderHead, without_decoder_heads
from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.attention_record import attention_backend
from otoscope.decoders.capture import Row, capture_decoder, decoder_text
from otoscope.decoders.measures import measure_maps


@pytest.fixture(scope="module")
def tiny():
    return transcriber("whisper")


@pytest.mark.parametrize("length", [1, 2, 4, 7])
def test_prompts_of_any_length_keep_the_rows_of_the_text(tiny, length):
    """transformers#36228: words shifted, because a prompt of another length was counted."""
    wave, text = utterances(tiny)[0][0], decoder_text(tiny, [5, 6, 7])
    text = replace(text, prompt=(*range(8, 7 + length), 1))
    (maps,) = capture_decoder(tiny, [wave], [text], cross=[(0, 0)])
    with torch.inference_mode(), attention_backend(tiny.model, "eager"):
        ids = torch.tensor([text.ids])
        output = tiny.model(**tiny.inputs([wave]), decoder_input_ids=ids, output_attentions=True, use_cache=False)
    map_qk = maps.cross[0, 0]
    np.testing.assert_allclose(map_qk, output.cross_attentions[0][0, 0, :, : map_qk.shape[1]].numpy(), atol=1e-6)
    rows = [index for index, row in enumerate(text.rows) if row is Row.token]
    assert rows == list(range(length - 1, length + 2))


def test_heads_of_a_larger_model_are_not_used():
    """whisper.cpp#2480: `head on text layer 8, but model only has 4`; transformers raises an IndexError."""
    layers = dict.fromkeys(range(4), 6)
    assert published_heads([[7, 0], [10, 17]], layers) is None
    assert published_heads([[3, 6]], layers) is None
    assert published_heads(None, layers) is None
    assert not any("published" in recipe.name for recipe in reference_recipes(layers, None))


def test_a_distilled_decoder_of_any_number_of_layers_has_recipes():
    """whisper-timestamped#139: a crash for decoders of two layers, whose heads no table lists."""
    for count in (1, 2, 3):
        recipes = reference_recipes(dict.fromkeys(range(count), 2), None)
        assert all(layer < count for recipe in recipes for layer, _ in recipe.heads or ())


def test_each_item_of_a_batch_has_the_columns_of_its_own_audio(tiny):
    """faster-whisper#919: one number of frames for all items of a batch."""
    waves, texts = utterances(tiny)
    for wave, maps in zip(waves, capture_decoder(tiny, waves, texts), strict=True):
        assert maps.cross[0, 0].shape[1] == -(-len(wave) // 320)


def test_no_word_is_at_the_end_of_the_window(tiny):
    """transformers#25605: every word at 29.98 s, because silence after the audio was not cropped."""
    waves, texts = utterances(tiny)
    for wave, maps in zip(waves, capture_decoder(tiny, waves, texts), strict=True):
        columns = recipe_columns(maps, TimeRecipe("one", ((0, 0),)), len(wave))
        assert columns.max() * maps.period <= len(wave) / 16000


def test_a_pause_belongs_to_no_word():
    """whisper.cpp#3612: a word ends 3.5 s late, because the pause after it was given to it."""
    start, end = ordered_times(np.array([0.1, 4.9]), np.array([1.42, 5.3]), 6.0)
    assert (start.tolist(), end.tolist()) == ([0.1, 4.9], [1.42, 5.3])
    grid = text_grid_words([Word("intruders.", 0.1, 1.42, 0.9), Word("They", 4.9, 5.3, 0.9)], 6.0, "a")
    assert [line.strip() for line in grid.splitlines() if "text =" in line] == [
        'text = ""',
        'text = "intruders."',
        'text = ""',
        'text = "They"',
        'text = ""',
    ]


def test_a_mask_of_decoder_heads_changes_the_output_here_and_nothing_in_transformers(tiny):
    """transformers#41076: `decoder_head_mask` is accepted by `forward`, and ignored."""
    waves, texts = utterances(tiny)
    inputs = {**tiny.inputs(waves[:1]), "decoder_input_ids": torch.tensor([texts[0].ids])}
    with torch.inference_mode():
        intact = tiny.model(**inputs).logits
        assert torch.equal(tiny.model(**inputs, decoder_head_mask=torch.zeros(1, 2)).logits, intact)
        with without_decoder_heads(tiny, [DecoderHead(Kind.own, 0, 1)]):
            assert not torch.allclose(tiny.model(**inputs).logits, intact)


def test_times_of_beams_are_those_of_the_final_text(tiny):
    """transformers#48621, #38259, whisper-timestamped#39: maps and times of another beam, or out of range."""
    waves, _ = utterances(tiny)
    settings = {"num_beams": 3, "max_new_tokens": 4, "return_dict_in_generate": True, "output_attentions": True}
    with torch.inference_mode(), attention_backend(tiny.model, "eager"):
        returned = tiny.model.generate(tiny.inputs(waves)["input_features"], **settings)
    wrong = []
    for item, wave in enumerate(waves):
        text = [token for token in returned.sequences[item].tolist() if token not in (0, 1, 2)]
        (maps,) = capture_decoder(tiny, [wave], [decoder_text(tiny, text)], cross=[(0, 0)])
        step = returned.cross_attentions[len(text) - 1][0][item, 0, -1].numpy()
        row = maps.cross[0, 0][maps.first_token_row + len(text) - 1]
        wrong.append(np.abs(row - step[: len(row)]).max() > 1e-4)
        columns = recipe_columns(maps, TimeRecipe("one", ((0, 0),)), len(wave))
        assert columns.max() * maps.period <= len(wave) / 16000
    assert any(wrong), "transformers returns the rows of the final text: the how-to of decoders says otherwise"


def test_maps_exist_under_sdpa_where_generate_returns_none(tiny):
    """whisper-timestamped#212, chatterbox#398: no weights under SDPA; and the backend stays as it is."""
    waves, texts = utterances(tiny)
    with attention_backend(tiny.model, "sdpa"):
        inputs = tiny.inputs(waves[:1])["input_features"]
        returned = tiny.model.generate(inputs, max_new_tokens=2, output_attentions=True, return_dict_in_generate=True)
        assert not any(returned.cross_attentions)
        (maps,) = capture_decoder(tiny, waves[:1], texts[:1])
        assert tiny.model.config._attn_implementation == "sdpa"
    np.testing.assert_allclose(maps.cross[0, 0].sum(-1) + maps.beyond[0, 0], 1, atol=1e-6)


def test_heads_of_a_fine_tuned_model_are_those_with_the_most_ends_in_time():
    """transformers#28365, mlx-examples#1401: heads of the base model, or all upper heads, without a word."""
    ends = np.array([0.4, 0.8])
    utterance = TimedUtterance("a", "x", np.zeros(1), ("a", "b"), {Side.end: ends})
    columns = {(0, 0): np.array([0, 20, 40]), (0, 1): np.array([0, 26, 46]), (1, 0): np.array([0, 21, 44])}
    measured = [HeadTimes(utterance, Spelling((1, 2), (0, 1, 2)), 0.02, columns, {}, {})]
    assert configuration_heads(measured, 2) == [(0, 0), (1, 0)]


def test_the_end_of_a_word_is_in_the_row_that_predicts_the_token_after_it():
    """transformers#33552: words shifted by one token, because the jump of a row was taken for its end."""
    spelling = Spelling((5, 6, 7), (0, 2, 3))  # two words of two tokens and of one
    assert boundary_rows(spelling, Side.start, 0).tolist() == [0, 2]
    assert boundary_rows(spelling, Side.end, 0).tolist() == [2, 3]


def test_heads_can_be_removed_from_cross_attention_without_another_shape(tiny):
    """TinyNeuralNetwork#325, transformers#27044: a crash of shapes after heads were cut out of an encoder-decoder."""
    waves, texts = utterances(tiny)
    every = [DecoderHead(kind, 0, head) for kind in Kind for head in range(2)]
    with without_decoder_heads(tiny, every):
        (maps,) = capture_decoder(tiny, waves[:1], texts[:1])
    assert np.isfinite(maps.log_probability).all()


def test_entropy_and_mass_on_the_audio_are_measured_for_each_head(tiny):
    """CrisperWhisper#3 and transformers#27834: entropies in cross-attention, without maps of all heads in memory."""
    waves, texts = utterances(tiny)
    (maps,) = capture_decoder(tiny, waves[:1], texts[:1], cross=[(0, 1)])
    values = measure_maps(maps, Kind.cross)
    rows = maps.cross[0, 1][[index for index, row in enumerate(texts[0].rows) if row in (Row.token, Row.end)]]
    shares = rows / rows.sum(-1, keepdims=True)
    assert values["entropy"][0, 1] == pytest.approx(-(shares * np.log(shares)).sum(-1).mean(), rel=1e-6)
    assert values["beyond"][0, 1] == pytest.approx(1 - rows.sum(-1).mean(), abs=1e-6)
    assert set(maps.cross) == {(0, 1)}
