"""Attributions of an output to frames, one per file."""
