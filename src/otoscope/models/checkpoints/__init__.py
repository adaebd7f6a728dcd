"""models.checkpoints."""
