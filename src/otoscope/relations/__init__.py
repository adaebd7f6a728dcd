"""Relations between phones: which phones heads prefer and avoid, and the operations that follow. Imports no torch."""
