"""Score the boundaries of a run of `otoscope segment` on TIMIT by the package phone-metrics, method by method.

The package reads the labels and counts; the run has the boundaries of each method. The last column is the largest
difference of precision, recall, F1, over-segmentation and R-value from those of the run.

    pip install phone-metrics==0.1.0
    python experiments/segmentation/phone_metrics_scores.py RUN TIMIT
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from phone_metrics import PrecisionRecallMetric, boundary_secs
from phone_metrics.timit import timit_segments

import otoscope
from otoscope.segmentation.marks import marks_of

TOLERANCE = 0.020
MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
    "over_segmentation": "over_seg",
    "r_value": "rval",
}
"""Names of a run, and of the package."""


def scores(run: otoscope.Run, corpus: Path) -> Iterator[tuple[str, float, float]]:
    """Yield each method with its R-value by the package and the largest difference of a score from the run's."""
    dataset = run.dataset.load()
    references = [boundary_secs(timit_segments(corpus / f"{name}.phn")) for name in dataset["utterance"].values]
    for method in dataset["segmenter"].values:
        metric = PrecisionRecallMetric(TOLERANCE)
        for place, reference in enumerate(references):
            metric.update(reference, marks_of(dataset, place, method)["mark_time"].values)
        expected = metric.compute()
        own = dataset["scores"].sel(segmenter=method, mode="phone-metrics")
        differences = [own.sel(measure=name).item() - expected[other] for name, other in MEASURES.items()]
        yield str(method), float(expected["rval"]), float(np.abs(differences).max())


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("corpus", type=Path)
    arguments = parser.parse_args()
    run = otoscope.open_run(arguments.run)
    print(f"{run.dataset.sizes['utterance']} utterances")
    for method, r_value, difference in scores(run, arguments.corpus):
        print(f"{method:30} {r_value:.6f}  {difference:.1e}")


if __name__ == "__main__":
    main()
