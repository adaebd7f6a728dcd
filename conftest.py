"""What of the package can be collected for doctests here."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("triton") else ["src/otoscope/statistics/fused/*"]
