"""The variables of a reproduction's Dataset: dimensions, units and descriptions."""

from otoscope.papers.yang2020.claims.heads import SHARP_THRESHOLD
from otoscope.results.schema import Variable

KIND = "reproduction"
METHOD, CURVE, SPAN = ("model", "segmenter"), ("probe_corpus", "model", "step"), ("probe_corpus", "model", "radius")
SCORE = "as `metric` says"

VARIABLES = {
    "title": Variable(("model",), "1", "title of the model"),
    "masking_span": Variable(("model",), "frames", "number of stacked frames in a masked span"),
    "held_out": Variable(("model",), "1", "masked L1 on held-out speech, in deviations of each log-mel band"),
    "held_out_mean": Variable(("model",), "1", "masked L1 of predicting the mean of the frames that are not masked"),
    "held_out_nearest": Variable(("model",), "1", "masked L1 of copying the nearest frame that is not masked"),
    "category_share": Variable(("model", "category"), "1", "share of the heads that belong to a category"),
    "category_share_interval": Variable(
        ("model", "category", "bound"), "1", "95 % interval of it over speakers, or utterances of unknown speakers"
    ),
    "shift": Variable(
        ("model", "layer", "head"),
        "ms",
        f"offset of the peak of a head with {100 * SHARP_THRESHOLD:.0f} % of its attention at one offset; else NaN",
    ),
    "r_value": Variable((*METHOD, "mode"), "1", "R-value on the test part"),
    "r_value_interval": Variable((*METHOD, "mode", "bound"), "1", "95 % interval of it over speakers of the test part"),
    "r_value_published": Variable(METHOD, "1", "published strict R-value; NaN without one"),
    "curve": Variable(CURVE, SCORE, "score as heads are removed, the most global first"),
    "curve_interval": Variable((*CURVE, "bound"), SCORE, "95 % interval of it over seeds and speakers"),
    "curve_drop": Variable(("probe_corpus", "model"), "heads", "number removed at the first significant drop"),
    "span_curve": Variable(SPAN, SCORE, "score under a limited span, rows as published"),
    "span_curve_interval": Variable((*SPAN, "bound"), SCORE, "95 % interval of it over seeds and speakers"),
    "span_curve_drop": Variable(("probe_corpus", "model"), "frames", "radius at the first significant drop"),
    "removed": Variable(("step",), "heads", "number of removed heads"),
    "metric": Variable(("probe_corpus",), "1", "name of the score"),
    "higher_is_better": Variable(("probe_corpus",), "1", "whether high scores are good; otherwise low scores are"),
    "majority": Variable(("probe_corpus",), SCORE, "score of always predicting the most frequent class"),
    "claim": Variable(("difference",), "1", "id of the claim that the difference decides"),
    "evaluation": Variable(("difference",), "1", "index of the claim on one corpus by one probe; same for its rows"),
    "evaluated_on": Variable(("difference",), "1", "speech, and probe, of the evaluation"),
    "verdict": Variable(("difference",), "1", "holds, does not hold or undecided, by all its differences"),
    "contrast": Variable(("difference",), "1", "what is compared; positive if the claim is right"),
    "value": Variable(("difference",), "1", "the difference; NaN if it could not be measured"),
    "value_interval": Variable(("difference", "bound"), "1", "95 % interval of the difference"),
    "test": Variable(("difference",), "1", "source of the interval, or why there is none"),
    "seconds": Variable(("stage",), "s", "time of the last attempt of the stage; of training, all its parts"),
    "skip_reason": Variable(("stage",), "1", "why the stage was skipped; empty if it is done"),
}
