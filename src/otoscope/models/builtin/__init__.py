"""The model families of otoscope, one per file."""
