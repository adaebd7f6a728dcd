"""Measures of decoder attention, one per file."""
