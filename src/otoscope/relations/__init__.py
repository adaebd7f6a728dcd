"""Relations between phones: what heads prefer and avoid, and the operations that this amounts to. Knows no torch."""

from otoscope.relations.baseline import baselines
from otoscope.relations.dataset import Relations, variables
from otoscope.relations.inventory import Inventory
from otoscope.relations.operations import Operation, effects, named, operations
from otoscope.relations.preference import concentration, elsewhere, preference
from otoscope.relations.tables import head_operations, operations_table, pairs, relations_table

__all__ = [
    "Inventory",
    "Operation",
    "Relations",
    "baselines",
    "concentration",
    "effects",
    "elsewhere",
    "head_operations",
    "named",
    "operations",
    "operations_table",
    "pairs",
    "preference",
    "relations_table",
    "variables",
]
