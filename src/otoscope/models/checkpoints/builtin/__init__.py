"""Sources of checkpoints, one file for each."""
