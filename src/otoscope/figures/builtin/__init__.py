"""figures.builtin."""
