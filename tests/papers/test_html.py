"""Elements of a report: text is escaped, and a verdict is a badge because of its type, not of its text."""

import pytest

from otoscope.papers.html import Cell, paragraph, table
from otoscope.results.verdict import Verdict


def test_text_is_escaped():
    assert paragraph("a < b") == "<p>a &lt; b</p>\n"
    assert "&lt;b&gt;" in table(["<b>"], [["<i>"]])


@pytest.mark.parametrize("verdict", Verdict)
def test_a_cell_with_a_verdict_is_a_badge(verdict):
    assert f'<span class="badge {verdict.value.replace(" ", "-")}">' in table(
        ["claim", "verdict"], [["<b>", Cell("text", verdict)]]
    )


def test_a_text_that_is_the_word_of_a_verdict_is_not_a_badge():
    assert "badge" not in table(["claim"], [["holds"], [Cell("does not hold")]])
