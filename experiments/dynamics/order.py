"""Which heads form first in a run of `otoscope dynamics`: diagonal less vertical heads, in training steps.

Two measures: the first step at which a head has the shape, of all heads that ever have it; and the step from which the
shape of the last step stays, of the heads that have it then. Intervals resample heads, as if these were independent.

    python experiments/dynamics/order.py RUN
"""

import sys

import numpy as np
import xarray as xr

import otoscope

SHAPES = ("diagonal", "vertical")
DRAWS = 10_000


def first_steps(dataset: xr.Dataset, shape: str) -> np.ndarray:
    """Return the first step with a shape of each head that ever has it."""
    has_shape = (dataset["shape"].values == shape).reshape(dataset.sizes["step"], -1)
    return np.asarray(dataset["step"].values[has_shape[:, has_shape.any(0)].argmax(0)])


def formed_steps(dataset: xr.Dataset, shape: str) -> np.ndarray:
    """Return the step from which the shape of the last step stays, of each head that has it then."""
    return np.asarray(dataset["formed_step"].values[dataset["shape"].values[-1] == shape])


def main(run: str) -> None:
    """Print both measures with their intervals."""
    dataset, rng = otoscope.open_run(run).dataset, np.random.default_rng(0)
    for name, measure in (("first step", first_steps), ("stays from", formed_steps)):
        diagonal, vertical = (measure(dataset, shape) for shape in SHAPES)
        drawn = [
            np.median(rng.choice(diagonal, len(diagonal))) - np.median(rng.choice(vertical, len(vertical)))
            for _ in range(DRAWS)
        ]
        low, high = np.percentile(drawn, [2.5, 97.5])
        print(
            f"{name}: {np.median(diagonal) - np.median(vertical):+.0f} steps ({low:+.0f} to {high:+.0f}), "
            f"{len(diagonal)} diagonal and {len(vertical)} vertical heads"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
