"""The built-in measures of weights, one per file."""
