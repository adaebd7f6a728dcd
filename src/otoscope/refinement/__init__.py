"""Models whose heads are physically gone and whose span is computed in blocks: smaller and faster."""
