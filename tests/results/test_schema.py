"""A run's Dataset obeys its schema, and one that does not is refused with the reason."""

import numpy as np
import pytest
from tests.helpers.synthetic_run import STATISTICS, make_run

from otoscope.errors import InputError
from otoscope.results import FORMAT_VERSION, validate_dataset
from otoscope.results.schema import check_version, statistic_variables


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("schema") / "run").dataset


def test_every_variable_has_named_dimensions_units_and_a_meaning(dataset):
    for name, array in dataset.variables.items():
        assert array.attrs["units"], name
        assert array.attrs["description"], name
    assert dataset["globalness"].dims == ("layer", "head")
    assert dataset["globalness_interval"].dims == ("layer", "head", "bound")
    assert dataset["globalness_rows"].dims == ("utterance", "layer", "head")
    assert dataset["offset_profile"].dims == ("layer", "head", "offset")
    assert dataset["offset_profile_interval"].dims == ("layer", "head", "offset", "bound")
    assert dataset["category"].dims == ("layer", "head")


def test_means_are_means_of_the_rows(dataset):
    for statistic in STATISTICS[:5]:
        np.testing.assert_allclose(dataset[statistic.name], dataset[f"{statistic.name}_rows"].mean("utterance"))
        low, high = np.moveaxis(dataset[f"{statistic.name}_interval"].values, -1, 0)
        assert ((low <= dataset[statistic.name]) & (dataset[statistic.name] <= high)).all()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.drop_vars("category"), "lack category"),
        (lambda d: d.drop_vars("globalness_rows"), "lack globalness_rows"),
        (lambda d: d.drop_vars("weight"), "lack weight"),
        (lambda d: d.assign(extra=("layer", np.zeros(d.sizes["layer"]))), "hold extra"),
        (lambda d: d.assign(weight=d["weight"].T), r"weight has dimensions .*'head', 'layer'"),
        (lambda d: d.assign(weight=d["weight"].drop_attrs()), "weight has units"),
        (lambda d: d.assign(category=d["category"].drop_attrs()), "category has units"),
        (lambda d: d.drop_vars("speaker"), "lack speaker"),
    ],
)
def test_a_dataset_off_the_schema_is_refused_by_name(dataset, spoil, said):
    with pytest.raises(InputError, match=said):
        validate_dataset(spoil(dataset))


def test_scalars_bring_rows_and_arrays_do_not():
    assert "x_rows" in statistic_variables("x", "1", "a scalar")
    assert "x_rows" not in statistic_variables("x", "1", "a profile", ("offset",))


def test_a_newer_or_older_format_is_refused():
    check_version(FORMAT_VERSION, "here")
    with pytest.raises(InputError, match=rf"version {FORMAT_VERSION + 1}.*reads {FORMAT_VERSION}; update otoscope"):
        check_version(FORMAT_VERSION + 1, "here")
    with pytest.raises(InputError, match=r"of an older otoscope.*repeat the command"):
        check_version(FORMAT_VERSION - 1, "here")
