"""Built-in ways to reach a budget, one per file."""
