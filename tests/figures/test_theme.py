"""Category colours differ for every kind of colour vision, on both surfaces."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from otoscope.errors import InputError
from otoscope.figures import THEMES
from otoscope.figures.style.theme import LETTERS, MARKERS, get_theme

# Linear RGB as seen without one kind of cone (Machado, Oliveira & Fernandes 2009, severity 1).
SIGHT = {
    "full": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2 contrast ratio."""
    low, high = sorted(TO_XYZ[1] @ linear(colour) + 0.05 for colour in (a, b))
    return high / low


def lab(colour, sight):
    """CIE Lab (D65) of a colour as it is seen."""
    seen = np.clip(np.asarray(SIGHT[sight]) @ linear(colour), 0, 1)
    x, y, z = np.cbrt(TO_XYZ @ seen / TO_XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_categories_differ_clearly_for_every_sight(theme, sight):
    """20 is about nine times the smallest difference that is seen."""
    for a, b in itertools.combinations(theme.categories.values(), 2):
        assert np.linalg.norm(lab(a, sight) - lab(b, sight)) > 20


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_everything_stands_out_from_its_surface(theme):
    """WCAG: text 4.5, graphics and bold letters in a colour 3."""
    assert contrast(theme.foreground, theme.surface) >= 7
    assert contrast(theme.muted, theme.surface) >= 4.5
    for colour in theme.categories.values():
        assert contrast(colour, theme.surface) >= 3


def test_categories_differ_by_more_than_colour():
    for signs in (LETTERS, MARKERS):
        assert set(signs) == {"global", "vertical", "diagonal"}
        assert len(set(signs.values())) == 3


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("category", LETTERS)
def test_a_ramp_leaves_the_surface_steadily(theme, category):
    """More attention is always further from the surface: the map cannot show a stronger value as a weaker one."""
    lightness = [lab(colour, "full")[0] for colour in theme.ramp(category)(np.linspace(0, 1, 64))]
    steps = np.diff(lightness) * (1 if theme.name == "dark" else -1)
    assert (steps > 0).all()


def test_an_unknown_theme_is_one_line():
    with pytest.raises(InputError, match="expected a theme of light, dark; found 'sepia'"):
        get_theme("sepia")
