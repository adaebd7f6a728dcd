"""figures.style."""
