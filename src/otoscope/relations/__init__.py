"""Relations between phones: which phones heads prefer and avoid, and the operations that follow. Imports no torch."""

from otoscope.relations.baseline import baselines
from otoscope.relations.dataset import Relations, relation_dataset
from otoscope.relations.inventory import PhoneInventory
from otoscope.relations.operations import Operation, effects, name_operations, operations
from otoscope.relations.preference import concentration, exclude_own_run, preference
from otoscope.relations.significance import PhoneSupport, RelationOptions, frame_counts, phone_support
from otoscope.relations.tables import head_operations, layers_table, operations_table, pairs, relations_table

__all__ = [
    "Operation",
    "PhoneInventory",
    "PhoneSupport",
    "RelationOptions",
    "Relations",
    "baselines",
    "concentration",
    "effects",
    "exclude_own_run",
    "frame_counts",
    "head_operations",
    "layers_table",
    "name_operations",
    "operations",
    "operations_table",
    "pairs",
    "phone_support",
    "preference",
    "relation_dataset",
    "relations_table",
]
