"""Compute the context and the reductions of one attention layer without storing a whole map.

`torch_tiles.py` is the entry point (`attend`) and the reference kernel in plain torch, for every device and option.
`triton_attention.py` calls the two Triton kernels of `triton_programs.py` on CUDA devices, for the calls that they
support. Tests compare both with whole maps.
"""
