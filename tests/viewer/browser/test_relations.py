"""The relation map in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def test_a_relation_map_names_its_phones(page):
    page.get_by_role("button", name="relations").click()
    page.get_by_text("Preference of query phones").wait_for()
    page.wait_for_selector(".oto-relations-view [data-mark='cell'] rect")
