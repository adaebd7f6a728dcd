"""See a head, hear a head: one page over a run, served, exported or in a notebook. Loads no torch without a model."""
