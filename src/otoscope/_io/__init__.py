"""Files that are whole or absent, locks, folders for caches, and output in any encoding."""
