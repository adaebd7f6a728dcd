"""Models of which figures are drawn, from the smallest to the largest that fits a page."""

SIZES = {
    "6x6": {"layers": 6, "heads": 6, "utterances": 4, "frames": 300},
    "12x12": {"layers": 12, "heads": 12, "utterances": 2, "frames": 120},
    "2x2": {"layers": 2, "heads": 2, "utterances": 3, "frames": 80},
    "24x16": {"layers": 24, "heads": 16, "utterances": 1, "frames": 40},
    "uneven, one utterance, no labels": {"layers": 3, "n_heads": [4, 1, 3], "utterances": 1, "labelled": False},
    "one head": {"layers": 1, "heads": 1, "utterances": 2},
}
