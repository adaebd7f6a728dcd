"""attention.kernels."""
