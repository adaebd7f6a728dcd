"""Compare two runs, two parts of a run, or heads of a run: differences, intervals and corrected p-values.

Knows no torch. `values` reads what a run measured of each utterance, `pairing` decides which utterances belong
together, `compare` is the function.
"""
