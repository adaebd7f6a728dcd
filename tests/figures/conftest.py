"""Fixtures of figures: the run or Dataset of each size, made once per session."""

import pytest
from tests.helpers.example_zeroing import zeroing_of
from tests.helpers.figure_sizes import DRAWN, SIZES
from tests.helpers.synthetic_run import make_run

from otoscope.figures import FIGURES


@pytest.fixture(scope="session")
def run_of_size(tmp_path_factory):
    """Function from a name in SIZES to its run."""
    runs = {}

    def made(size):
        if size not in runs:
            runs[size] = make_run(tmp_path_factory.mktemp("figures") / "run", **SIZES[size], related=True)
        return runs[size]

    return made


@pytest.fixture(scope="session")
def dataset_for(dataset_of_size):
    """Function from a figure and a size of its kind to what it is drawn from."""
    made = {}

    def drawn(figure, size):
        kind = FIGURES.get(figure).kind
        if kind not in DRAWN:
            return dataset_of_size(size)
        sizes, make = DRAWN[kind]
        if (kind, size) not in made:
            made[kind, size] = make(**sizes[size])
        return made[kind, size]

    return drawn


@pytest.fixture(scope="session")
def dataset_of_size(run_of_size):
    """Function from a name in SIZES to its results with the stored map, as figures get them."""

    datasets = {}

    def merged(size):
        if size not in datasets:
            run = run_of_size(size)
            attention = run.map(run.maps[0])
            dataset = run.dataset.merge(attention).merge(zeroing_of(attention))
            datasets[size] = dataset.assign_attrs(attention.attrs).load()
        return datasets[size]

    return merged
