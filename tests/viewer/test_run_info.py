"""The viewer names phones as the run did, from the phone set of the whole corpus."""

from dataclasses import dataclass, field

import xarray as xr

from otoscope.viewer.run_info import add_classes, phone_names, word_spans


@dataclass
class ExampleRun:
    """The parts of a run that name phones."""

    dataset: xr.Dataset
    labels: dict[str, list[str]] = field(default_factory=dict)

    @property
    def maps(self) -> list[str]:
        """Return the ids of the stored maps."""
        return list(self.labels)

    def map(self, id: str) -> xr.Dataset:
        """Return the labels of a stored map, each of a second."""
        symbols = self.labels[id]
        times = {"phone_start": range(len(symbols)), "phone_end": range(1, len(symbols) + 1)}
        return xr.Dataset(
            {"phone_symbol": ("label", symbols)} | {name: ("label", list(t)) for name, t in times.items()}
        )


def test_phones_have_the_names_that_the_run_gave_them():
    run = ExampleRun(xr.Dataset(attrs={"phone_symbols": ["y", "h#"], "phone_names": ["front u", "sil"]}))
    spans = add_classes([("y", 0.0, 0.1), ("h#", 0.1, 0.2)], phone_names(run))
    assert [(span.label, span.folded, span.group) for span in spans] == [("y", "front u", ""), ("h#", "sil", "silence")]


def test_a_run_without_names_folds_all_its_utterances_together():
    """Alone, the second utterance would not be recognised, and its t and i would keep their names."""
    run = ExampleRun(xr.Dataset(), {"a": ["ð", "æ", "ɹ", "t", "i"], "b": ["t", "i"]})
    assert [span.folded for span in add_classes([("t", 0.0, 0.1), ("i", 0.1, 0.2)], phone_names(run))] == ["t", "iy"]


def test_words_are_not_folded():
    """The word "er" is no phone."""
    (span,) = word_spans([("er", 0.0, 0.1)])
    assert (span.folded, span.group) == ("er", "")
