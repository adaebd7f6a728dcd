"""The statistics kernel for CUDA, in Triton: a layer's attention and its reductions in two passes over the map."""
