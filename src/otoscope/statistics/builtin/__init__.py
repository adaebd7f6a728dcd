"""The statistics of otoscope, one per file, each with one constant `STATISTIC`."""
