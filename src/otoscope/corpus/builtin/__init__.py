"""corpus.builtin."""
