"""Objectives that come with otoscope, one per file."""
