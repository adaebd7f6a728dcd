"""Figures of the reproduction, declared as entry points of the group `otoscope.figures`."""
