"""Figures look as they did at the last review; `tests.helpers.golden_pictures` draws the references again."""

import numpy as np
import pytest
from PIL import Image
from tests.helpers.golden_pictures import PICTURES, path_of, small_picture

pytestmark = pytest.mark.slow

CLOSE = 6.0  # root mean square of 0 to 255; the 256 colours kept cost up to 3, letters rasterised otherwise 1


def difference(picture, kept):
    if picture.shape != kept.shape:
        return np.inf
    return float(np.sqrt(np.mean((picture.astype(float) - kept) ** 2)))


@pytest.mark.parametrize(("name", "theme"), PICTURES)
def test_a_figure_looks_as_it_did(name, theme):
    kept = np.asarray(Image.open(path_of(name, theme)).convert("RGB"))
    assert difference(small_picture(name, theme), kept) < CLOSE


@pytest.mark.parametrize(("name", "theme"), PICTURES)
def test_another_run_does_not_pass_for_it(name, theme):
    """The tolerance is tight enough to see other heads."""
    kept = np.asarray(Image.open(path_of(name, theme)).convert("RGB"))
    assert difference(small_picture(name, theme, seed=5), kept) > CLOSE
