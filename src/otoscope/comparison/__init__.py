"""Compare two runs, two parts of a run, or heads of a run: differences, intervals and corrected p-values.

Knows no torch. `values` reads what a run measured of each utterance, `pairing` decides which utterances belong
together, `correction` corrects for the number of comparisons, `compare` is the function.
"""

from otoscope.comparison.compare import compare
from otoscope.comparison.options import ComparisonOptions
from otoscope.comparison.table import Comparison

__all__ = ["Comparison", "ComparisonOptions", "compare"]
