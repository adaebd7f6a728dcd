"""A run folder: labelled arrays on disk, and what is read from them. Knows no torch."""

from otoscope.results.assemble import Measurements, assemble
from otoscope.results.categories import CATEGORIES, categorise, competition_ranks
from otoscope.results.folder import check_folder, claim_folder, finish, join_folder
from otoscope.results.run import Run, open_run
from otoscope.results.schema import FORMAT_VERSION, validate_dataset
from otoscope.results.stored_map import MapDescription, write_map
from otoscope.results.table import frame_text, heads_table

__all__ = [
    "CATEGORIES",
    "FORMAT_VERSION",
    "MapDescription",
    "Measurements",
    "Run",
    "assemble",
    "categorise",
    "check_folder",
    "claim_folder",
    "competition_ranks",
    "finish",
    "frame_text",
    "heads_table",
    "join_folder",
    "open_run",
    "validate_dataset",
    "write_map",
]
