"""Importance and live ablation in a real browser."""

import re
from concurrent.futures import Future

import pytest
from tests.helpers.example_importance import curves_dataset
from tests.helpers.viewer_api import get_json
from tests.helpers.viewer_browser import (
    WatchedPage,
    expect,
    serving,
    until,
    utterance_index,
)

from otoscope import RankingOptions, rank
from otoscope.results import claim_folder, finish, open_run
from otoscope.runs.options import SpeechOptions
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.run_session import RunSession
from otoscope.viewer.session import open_session

pytestmark = pytest.mark.browser

HEIGHTS = (
    "[...document.querySelectorAll('.oto-effect [data-mark=bar] rect')].map(bar => Number(bar.getAttribute('height')))"
)

PARTS_OF_HEADS = [("scale", "0.1"), ("temperature", "0.1"), ("scale", "1.2"), ("temperature", "1.2")]


def marked_as(page, mark):
    return page.get_by_role("button", name=re.compile(f"^Layer 0 head 1, .*, {mark}$"))


def test_rankings_of_another_model_are_not_shown_for_these_heads(browser, measured_run, tiny_model, speech, tmp_path):
    ranked = rank(
        tiny_model,
        speech,
        tmp_path / "ranked",
        ranking=RankingOptions(by=("weight", "random-1")),
        options=SpeechOptions(limit=2),
    )
    for print_, shown in [(measured_run.plan["model"]["fingerprint"], "Spearman"), ("another", "is of another model")]:
        ranked.plan["model"]["fingerprint"] = print_
        with serving(open_session([measured_run, ranked])) as url:
            page = browser.new_page()
            page.goto(f"{url}#view=importance")
            page.get_by_text(shown).wait_for()
            page.close()


def test_curves_of_a_probe_say_whether_high_scores_are_good(browser, measured_run, tmp_path):
    folder = tmp_path / "curves"
    claim_folder(folder, measured_run.plan)
    curves = curves_dataset(["globalness"], ["hidden-error", "phone"], layers=2, heads=3, utterances=2)
    finish(folder, curves, skipped=())
    with serving(open_session([measured_run, open_run(folder)])) as url:
        page = browser.new_page()
        page.goto(f"{url}#view=importance")
        page.get_by_text("error (lower is better)").first.wait_for()
        page.get_by_label("Probe").select_option("phone")
        page.get_by_text("score (higher is better)").first.wait_for()
        assert page.get_by_text("error (lower is better)").count() == 0
        page.close()


def test_heads_that_are_switched_off_change_the_result(page):
    page.get_by_role("button", name="importance").click()
    page.get_by_text("answered in").wait_for()
    until(page, f"{HEIGHTS}.length === 2")
    assert set(page.evaluate(HEIGHTS)) == {0}
    page.get_by_role("button", name="Layer 0 head 1,").click()
    expect(marked_as(page, "off")).to_have_class(re.compile("oto-off"))
    until(page, f"{HEIGHTS}.some(height => height > 1)")
    page.locator(".oto-span input").fill("5")
    page.get_by_text("Span: 5 frames").wait_for()
    until(page, "location.hash.includes('span=5')")


def test_each_chosen_head_has_sliders_of_its_own(page, live):
    for name in ("importance", "Layer 0 head 1,", "Layer 1 head 2,"):
        page.get_by_role("button", name=name).click()
    page.get_by_label("Replaced by").select_option(label="themselves, gated")
    page.get_by_label("scale of head 0.1").fill("30")
    page.get_by_label("temperature of head 1.2").fill("300")
    address = "off=0.1%2C1.2&kind=gate-50-100&gates=0.1-30-100%2C1.2-50-300"
    until(page, f"location.hash.endsWith('{address}')")
    page.reload()
    values = [page.get_by_label(f"{part} of head {head}").input_value() for part, head in PARTS_OF_HEADS]
    assert values == ["30", "100", "50", "300"]
    page.get_by_text("answered in").wait_for()
    utterance = utterance_index(page)
    layers = get_json(live, f"0/ablation/{utterance}/0.1,1.2/full/gate-50-100,0.1-30-100,1.2-50-300")["layers"]
    until(page, f"{HEIGHTS}.length === 2")
    heights = page.evaluate(HEIGHTS)
    assert heights[0] / heights[1] == pytest.approx(layers[0] / layers[1], rel=0.01)
    page.get_by_label("reset head 0.1").click()
    page.get_by_label("reset head 1.2").click()
    until(page, f"{HEIGHTS}.every(height => height === 0)")


def test_an_address_with_one_pair_gates_all_chosen_heads(page):
    page.evaluate("location.hash = 'view=importance&off=0.1%2C1.2&kind=gate-30-250'")
    for part, head in PARTS_OF_HEADS:
        expect(page.get_by_label(f"{part} of head {head}")).to_have_value("30" if part == "scale" else "250")
    expect(marked_as(page, "gated")).to_have_class(re.compile("oto-gated"))
    page.get_by_label("scale of all heads").fill("100")
    until(page, "location.hash.endsWith('kind=gate-100-250')")
    page.get_by_role("button", name="Layer 0 head 1,").click()
    expect(page.get_by_label("scale of head 0.1")).to_have_count(0)


def test_the_page_does_not_wait_for_the_model(browser, measured_run, live):
    loading = Future()
    with serving(ViewerApi([RunSession(measured_run, loading)])) as url:
        context = browser.new_context()
        watched = WatchedPage(context.new_page())
        watched.page.goto(url)
        watched.page.wait_for_selector(".oto-atlas .oto-cell")
        watched.page.get_by_role("button", name="importance").click()
        watched.page.get_by_text("still being loaded").first.wait_for()
        loading.set_result(live.sessions[0].live)
        watched.page.get_by_text("answered in").wait_for()
        expect(watched.page.locator(".oto-waiting")).to_have_count(0)
        context.close()
