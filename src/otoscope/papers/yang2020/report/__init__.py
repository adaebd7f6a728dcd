"""The report of the reproduction: texts, one module per group of tables, and the page."""
