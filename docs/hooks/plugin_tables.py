"""Replace each comment `<!-- plugins: KIND -->` in a page by a table of plug-ins (a hook of mkdocs)."""

import re
from importlib import import_module
from typing import Any

COMMENT = re.compile(r"^<!-- plugins: (\w+) -->$", re.MULTILINE)
REGISTRIES = {
    "statistics": ("otoscope.statistics", "STATISTICS"),
    "rankings": ("otoscope.importance", "RANKINGS"),
    "probes": ("otoscope.probing", "PROBES"),
    "figures": ("otoscope.figures", "FIGURES"),
    "corpus_formats": ("otoscope.corpus", "FORMATS"),
    "reduction_methods": ("otoscope.refinement", "REDUCTION_METHODS"),
    "objectives": ("otoscope.adaptation", "OBJECTIVES"),
    "attributions": ("otoscope.attribution", "ATTRIBUTIONS"),
    "outputs": ("otoscope.attribution", "OUTPUTS"),
    "decoder_measures": ("otoscope.decoders.measures", "DECODER_MEASURES"),
    "weight_measures": ("otoscope.head_weights", "WEIGHT_MEASURES"),
    "sink_measures": ("otoscope.attention_sinks", "SINK_MEASURES"),
    "detectors": ("otoscope.segmentation.detectors", "DETECTORS"),
    "model_families": ("otoscope.models", "FAMILIES"),
    "checkpoint_sources": ("otoscope.models.checkpoints.source", "SOURCES"),
}
"""Package and constant of the registry of each kind."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the text of a page with its tables filled in."""
    return COMMENT.sub(lambda comment: plugin_table(comment[1]), markdown)


def plugin_table(kind: str) -> str:
    """Return a Markdown table with the name and the description of every plug-in of one kind."""
    package, constant = REGISTRIES[kind]
    described = getattr(import_module(package), constant).describe()
    rows = [f"| `{name}` | {description.replace('|', '&#124;')} |" for name, description in described.items()]
    return "\n".join(["| name | description |", "|---|---|", *rows])
