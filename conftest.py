"""What of the package can be collected for doctests here; and tests never ask a network."""

import os
from importlib.util import find_spec

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: a name of no model is looked up nowhere else

collect_ignore_glob = [] if find_spec("triton") else ["src/otoscope/attention/kernels/triton_*.py"]
