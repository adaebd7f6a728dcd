"""The whole of a reproduction: from the paper's folders, through a kill in every stage, to a report."""

import re
import signal
from collections import Counter

import numpy as np
import pytest

from otoscope.papers.yang2020.published import claims_published

ANSWERS = {"holds", "does not hold", "cannot tell"}


def test_killed_within_any_stage_it_goes_on_and_repeats_nothing_that_was_done(killed):
    stages = [name for name in killed.ended if name != "the end"]
    assert len(stages) > 8
    assert all(killed.ended[name] == -signal.SIGKILL for name in stages)
    every = [str(name) for name in killed.dataset["stage"].values]
    assert Counter(killed.attempted) == {name: 2 if name in stages else 1 for name in every}
    assert (killed.dataset["left_out"].values == "").all()


def test_timit_and_librispeech_are_read_from_their_usual_folders(killed):
    """SPHERE audio and .PHN for phones; FLAC by speaker and chapter, with aligned TextGrids in another tree."""
    assert killed.dataset.attrs["speech"] == "4 utterances, 2 speakers"
    judges = {str(name) for name in killed.dataset["judge"].values}
    assert {
        "phone, TIMIT/TEST",
        "speaker-utterance, TIMIT/TEST",
        "phone, test-clean",
        "speaker-frame, test-clean",
    } <= judges
    assert killed.dataset["r_value"].notnull().all()


def test_every_claim_is_answered_by_what_the_differences_say(killed):
    found = killed.dataset
    assert set(found["answer"].values) <= ANSWERS
    assert {claim.text for claim in claims_published()} == set(found["claim"].values)
    low, _ = found["value_interval"].values.T
    for place in np.flatnonzero(found["answer"].values == "holds"):
        assert low[place] > 0
    unknown = np.isnan(found["value"].values)
    assert (found["answer"].values[unknown] == "cannot tell").all()
    assert all(found["test"].values)


def test_curves_begin_with_the_intact_model(killed):
    """A span that is full and no head removed are the same model."""
    found = killed.dataset
    np.testing.assert_allclose(found["curve"].isel(step=0), found["span_curve"].sel(radius=np.inf))


def test_the_report_needs_no_other_file_and_shows_every_figure_on_both_surfaces(killed):
    page = (killed.out / "report.html").read_text(encoding="utf-8")
    outside = set(re.findall(r'(?:src|href)="(?!#|data:)([^"]*)"', page))
    assert outside == set()
    assert page.count("<figure>") >= 12
    assert page.count("<svg") == 2 * page.count("<figure>")
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    for reference in set(re.findall(r'(?:url\(#|href="#)([^")]*)', page)):
        assert reference in ids
    for claim in claims_published():
        assert claim.title in page
    for shown in ("Phone boundaries", "Heads by masking span", "Global heads removed", "Span limited", "0.800"):
        assert shown in page


@pytest.mark.parametrize("what", ["m3/model/config.json", "m9/model/model.safetensors", "m3-half/model/config.json"])
def test_models_lie_where_pretrain_and_refine_put_them(killed, what):
    assert (killed.out / "models" / what).is_file()
