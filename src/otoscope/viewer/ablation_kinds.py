"""What can replace heads in the live ablation, by name. Imports no torch: paths and the page list the kinds."""

ABLATION_KINDS = {
    "zero": "zero",
    "mean": "their mean over other speech",
    "resample": "their output on another utterance",
    "noise": "noise with their mean and covariance",
    "uniform": "uniform attention",
    "identity": "attention of each frame to itself",
    "profile": "their mean attention at each offset",
    "without-sinks": "their attention without sinks",
    "without-silence": "their attention without silence",
    "without-padding": "their attention without what follows the utterance",
}
"""Kind -> what replaces the heads."""
HEAD_PREFIX = "head-"
"""A kind of this prefix and a number gives heads the pattern of the head of that number in their layer."""
ABLATION_PATTERN = "|".join((*ABLATION_KINDS, rf"{HEAD_PREFIX}\d{{1,6}}"))
