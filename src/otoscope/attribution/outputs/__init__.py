"""Outputs of a model that can be attributed to frames: one plug-in per file in `builtin`."""
