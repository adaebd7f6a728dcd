"""What can replace heads in the live ablation, by name. Imports no torch: paths and the page list the kinds."""

KIND_LABELS = {
    "zero": "zero",
    "mean": "their mean",
    "resample": "another utterance",
    "noise": "noise of their own",
    "uniform": "uniform attention",
    "identity": "attention to itself",
    "profile": "mean attention by offset",
    "without-sinks": "attention without sinks",
    "without-silence": "attention without silence",
    "without-padding": "attention without padding",
}
"""Kind -> what replaces the heads."""
HEAD_PREFIX = "head-"
"""A kind of this prefix and a number gives heads the pattern of the head of that number in their layer."""
GATE_PREFIX = "gate-"
"""A kind of this prefix and two numbers, as `gate-50-100`, gives heads a scale and a temperature, in percent."""
ABLATION_PATTERN = "|".join((*KIND_LABELS, rf"{HEAD_PREFIX}\d{{1,6}}", rf"{GATE_PREFIX}\d{{1,3}}-[1-9]\d{{0,2}}"))
