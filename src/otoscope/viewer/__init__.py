"""The viewer: one page that shows a run, from a server, from an exported file, or in a notebook.

Without a model it does not import torch.
"""
