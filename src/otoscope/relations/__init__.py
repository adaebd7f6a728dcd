"""Relations between phones: which phones heads prefer and avoid, and the operations that follow. Imports no torch.

Yang, Liu & Lee (2020) write P' for the relation of a head, its attention from the frames of one phone to those of
another (measured in `statistics/builtin/relation.py`), P_U for that of uniform attention, and P for the preference, the
comparison of the two. The *own run* of a query is the unbroken stretch of one phone around it; *elsewhere* is all but
this stretch. An *operation* is attention to a target, for example to silence, beyond a bound.

Read `preference.py` and `operations.py` first (formulas), then `significance.py` (tests), `dataset.py` (from sums over
a corpus to a run) and `tables.py`. `label_totals.py` counts phones; `phones/inventory.py` labels frames.
"""
