"""Phone sets, folding to 39 phones, phone classes and label frames. Does not import torch."""

from otoscope.phones.inventory import PhoneInventory
from otoscope.phones.label_grid import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.phones.markers import is_silence, marker_name
from otoscope.phones.phone_sets import (
    Folded,
    Phone,
    detect_phone_set,
    fold_phones,
    phone_info,
    phone_share,
    sort_phones,
)
from otoscope.phones.phone_table import Folding, read_folding

__all__ = [
    "DEFAULT_LABEL_FRAMES",
    "Folded",
    "Folding",
    "LabelFrames",
    "Phone",
    "PhoneInventory",
    "detect_phone_set",
    "fold_phones",
    "is_silence",
    "marker_name",
    "phone_info",
    "phone_share",
    "read_folding",
    "sort_phones",
]
