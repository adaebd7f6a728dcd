"""statistics.builtin."""
