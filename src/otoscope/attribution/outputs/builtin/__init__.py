"""Outputs that can be attributed to frames, one per file."""
