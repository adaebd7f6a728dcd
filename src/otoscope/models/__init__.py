"""Speech encoders whose attention can be measured and changed."""

from otoscope.models.families import FAMILIES, Family

__all__ = ["FAMILIES", "Family"]
