"""Phone sets, folding to 39 phones, phone classes and label frames. Does not import torch."""

from otoscope.phones.label_frames import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.phones.phone_sets import Folded, Phone, fold, order, phone, recognise

__all__ = ["DEFAULT_LABEL_FRAMES", "Folded", "LabelFrames", "Phone", "fold", "order", "phone", "recognise"]
