"""The published experiments, run whole: models trained, every experiment made, published figures beside ours."""
