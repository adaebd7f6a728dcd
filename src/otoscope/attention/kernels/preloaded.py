"""Importing this module loads the compiled kernel of processors: the server of worker processes does so once for all.

numba loads it without threads, so that the server can fork afterwards.
"""

from otoscope.attention.kernels.row_kernel import load_kernel

load_kernel()
