"""Ids of the claims of the paper and of the experiments that they belong to; `published.toml` has their texts."""

from enum import StrEnum


class Experiment(StrEnum):
    """The part of the paper that a claim belongs to."""

    HEADS = "heads"
    SEGMENTATION = "segmentation"
    RELATIONS = "relations"
    PRUNING = "pruning"
    WEIGHT = "weight"


class ClaimId(StrEnum):
    """A claim of the paper. Evaluations, results and `published.toml` refer to a claim by its id."""

    CATEGORIES_EVEN = "categories-even"
    DIAGONALS_SHIFTED = "diagonals-shifted"
    SHIFT_GROWS = "shift-grows"
    MORE_GLOBAL = "more-global"
    MORE_DIAGONAL = "more-diagonal"
    BEATS_MFCC = "beats-mfcc"
    BEATS_REPRESENTATION = "beats-representation"
    SHORTER_IS_BETTER = "shorter-is-better"
    SILENCE_TO_SILENCE = "silence-to-silence"
    ATTENDS_SAME_PHONE = "attends-same-phone"
    AVOIDS_SAME_PHONE = "avoids-same-phone"
    ATTENDS_SILENCE = "attends-silence"
    AVOIDS_SILENCE = "avoids-silence"
    ATTENDS_SIBILANTS = "attends-sibilants"
    AVOIDS_SIBILANTS = "avoids-sibilants"
    VERTICAL_FOCUS = "vertical-focus"
    VERTICAL_NEGLECT = "vertical-neglect"
    DIAGONAL_FIRST_STEP = "diagonal-first-step"
    DIAGONAL_MOST = "diagonal-most"
    VERTICAL_NEXT = "vertical-next"
    GLOBAL_LEAST = "global-least"
    HALF_WITHOUT_LOSS = "half-without-loss"
    GLOBAL_REMOVAL_HELPS = "global-removal-helps"
    SPAN_LIMIT_HELPS = "span-limit-helps"
    SPAN_LIMIT_IS_CHEAP = "span-limit-is-cheap"
    BEATS_WEIGHT = "beats-weight"
