"""The page receives each example of a decoder run without what the longer ones need."""

import numpy as np
import pytest
from tests.helpers.example_decoder import EXAMPLE_SIZES, decoder_dataset

from otoscope.viewer.decoder_examples import example_arrays, example_map, example_resources
from otoscope.viewer.errors import NotFoundError

DATASET = decoder_dataset(2, 3)


@pytest.mark.parametrize(("number", "sizes"), list(enumerate(EXAMPLE_SIZES.values())))
def test_an_example_has_its_own_sizes(number, sizes):
    arrays, texts = example_arrays(DATASET, number)
    assert texts["word"] == sizes["words"]
    assert len(arrays["word_start"]) == len(sizes["words"])
    assert len(arrays["example_wave"]) == 320 * sizes["columns"]
    assert len(arrays["spectrogram"]) == 2 * sizes["columns"] + 1
    assert (arrays["spectrogram"].min(), arrays["spectrogram"].max()) == (0, 1)
    assert len(arrays["is_text"]) == len(texts["row"])
    cross, own = (example_map(DATASET, number, name, (1, 2)) for name in ("example_cross", "example_own"))
    assert cross.shape == (len(texts["row"]), sizes["columns"])
    assert own.shape == (len(texts["row"]),) * 2
    np.testing.assert_allclose(cross.sum(-1), 1, atol=2e-3)


@pytest.mark.parametrize("place", [(2, "example_cross", (0, 0)), (0, "value", (0, 0)), (0, "example_own", (2, 0))])
def test_what_is_not_stored_is_not_found(place):
    with pytest.raises(NotFoundError):
        example_map(DATASET, *place)


def test_an_exported_page_has_all_maps_if_they_are_small_and_the_sharpest_heads_otherwise():
    every = example_resources(DATASET, 2**30)
    assert len(every) == 2 * (1 + 2 * 2 * 3)
    heads = {place[2:] for place in example_resources(DATASET, 1000) if len(place) > 1}
    assert heads == {tuple(head) for head in DATASET.attrs["example_heads"]}
