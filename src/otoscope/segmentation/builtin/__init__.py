"""Detectors of boundaries that are part of otoscope: one plug-in a file."""
