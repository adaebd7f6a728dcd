"""probing.builtin."""
