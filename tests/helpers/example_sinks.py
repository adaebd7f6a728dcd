"""What is found of sinks, of drawn numbers, so that figures and tables are tested without any model."""

import numpy as np
from tests.helpers.example_importance import add_run_coordinates

from otoscope.attention_sinks.dataset import sinks_dataset, variables
from otoscope.attention_sinks.token_classes import LEVELS, PLACES, POSITIONS
from otoscope.statistics.clusters import make_clusters

SINK_RUNS = {
    "every place": {"layers": 12, "heads": 12, "outside": True},
    "2x2": {"layers": 2, "heads": 2},
    "one utterance, no phones": {"layers": 3, "heads": 1, "utterances": 1, "phones": ()},
}
CLAIMS = ("sinks begin at one layer and stay", "sinks removed: no change of phone")


def drawn_sinks(layers=6, heads=6, utterances=8, outside=False, phones=("sil", "aa", "s"), seed=0):
    rng = np.random.default_rng(seed)
    clusters = make_clusters([f"voice-{u}" for u in range(utterances)], [f"u{u}" for u in range(utterances)])
    labels = {"place": PLACES, "position": POSITIONS, "level": LEVELS, "claim": CLAIMS}
    labels |= {"descriptor": ["position", *(["phone"] if phones else []), "level"], "probe": ["phone"]}
    labels |= {"condition": ["intact", "sinks removed"]} | ({"phone": phones} if phones else {})
    sizes = {name: len(values) for name, values in labels.items()} | {"layer": layers, "head": heads, "bound": 2}
    values = {}
    for name, variable in variables().items():
        if set(variable.dims) <= sizes.keys():
            shape = [sizes[dim] for dim in variable.dims]
            values[name] = rng.uniform(0.1, 0.6, shape)
    half = 0.05 if utterances > 1 else np.nan
    for name in [name for name in values if name.endswith("_interval")]:
        middle = values[name.removesuffix("_interval")]
        values[name] = np.stack([middle - half, middle + half], axis=-1)
    values["place_tokens"] *= [1, 1, 1, 1, outside, 0]
    values["outside_share"] *= outside
    values |= {"onset_layer": np.asarray(1), "metric": np.array(["accuracy"], object)}
    values |= {name: np.array(["holds", "undecided"], object) for name in ("finding_number", "verdict")}
    dataset = sinks_dataset(values, labels, clusters).assign_attrs(undefined=[])
    return add_run_coordinates(dataset, "sinks", layers, heads, utterances)
