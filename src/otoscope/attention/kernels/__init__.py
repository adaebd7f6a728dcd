"""Compute the context and the reductions of one attention layer without storing a whole map.

`torch_tiles.py` is the entry point (`attend`) and the reference kernel in plain torch, for every device and option.
Fused kernels take the calls that they support: on CPUs `row_kernel.py`, which calls the numba programs of
`row_programs.py`, and on CUDA devices `triton_attention.py`, which calls the Triton programs of `triton_programs.py`.
Tests compare all of them with whole maps.
"""
