"""The measures of sinks, one per file."""
