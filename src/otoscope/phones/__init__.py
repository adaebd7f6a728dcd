"""Phone sets, folding to 39 phones, phone classes and label frames. Does not import torch."""

from otoscope.phones.label_frames import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.phones.phone_sets import Folded, Phone, detect_phone_set, fold_phones, phone_info, sort_phones

__all__ = [
    "DEFAULT_LABEL_FRAMES",
    "Folded",
    "LabelFrames",
    "Phone",
    "detect_phone_set",
    "fold_phones",
    "phone_info",
    "sort_phones",
]
