"""Settings for every test and doctest: no network, no clock, no collection of programs for a device that is absent."""

import os
from importlib.util import find_spec

from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: the name of an unknown model is not looked up

settings.register_profile(
    "otoscope", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("otoscope")  # a slow machine changes no result

collect_ignore_glob = [] if find_spec("triton") else ["src/otoscope/attention/kernels/triton_*.py"]
