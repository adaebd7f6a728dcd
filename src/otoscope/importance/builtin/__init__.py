"""Rankings of heads: one to a file, found by its name."""
