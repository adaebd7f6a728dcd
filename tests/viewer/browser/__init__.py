"""Tests of the page in a real browser, which is open for all of them."""
