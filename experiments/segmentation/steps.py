"""R-value of the best heads against training steps: one line for each checkpoint of a folder.

The R-value is that of the validation speakers, with a coarse grid of alpha and beta. Compare lines with each other, not
with a table of `otoscope segment`.

    python experiments/segmentation/steps.py CHECKPOINTS CORPUS --validation dr1-fvmh0,dr1-mcpm0,dr2-marc0
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from lhotse import MonoCut

import otoscope
from otoscope.corpus import phones_of
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.segmentation.boundaries import inner_boundaries
from otoscope.segmentation.feature_methods import Head, label_frames
from otoscope.segmentation.kernel_gram_detector import label_rows
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters, tune

RATIOS, BETAS = tuple(0.1 * 2**step for step in range(4)), tuple(1.2**step for step in range(1, 14, 2))


def load_checkpoint(checkpoint: Path) -> otoscope.Encoder:
    """Return the model of a checkpoint, which may lack its feature extractor."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config.json", "model.safetensors"):
            shutil.copy(checkpoint / name, folder)
        MockingjayFeatureExtractor().save_pretrained(folder)
        return otoscope.load(folder)


def heads_of(encoder: otoscope.Encoder, cuts: list[MonoCut]) -> dict[Head, list[LabelledFeatures]]:
    """Return the label rows of every head for each cut."""
    parts: dict[Head, list[LabelledFeatures]] = {}
    for cut in cuts:
        times = inner_boundaries((start, end) for _, start, end in phones_of(cut))
        for layer, maps in encoder.maps(cut).items():
            for head, attn_qk in enumerate(maps):
                rows = LabelledFeatures(label_rows(attn_qk, label_frames(encoder).repeat), times)
                parts.setdefault((layer, head), []).append(rows)
    return parts


def format_line(encoder: otoscope.Encoder, steps: int, cuts: list[MonoCut]) -> str:
    """Return the training steps and the four best heads with their R-values."""
    frames = label_frames(encoder)
    tuned: dict[Head, TunedParameters] = {
        head: tune(part, frames, ratios=RATIOS, betas=BETAS) for head, part in heads_of(encoder, cuts).items()
    }
    best = sorted(tuned, key=lambda head: -tuned[head].scores.r_value)
    scores = "  ".join(f"{layer}.{head} {tuned[layer, head].scores.r_value:.3f}" for layer, head in best[:4])
    return f"{steps:>7} steps  {scores}"


def step_of(checkpoint: Path) -> int:
    """Return the training steps of a checkpoint."""
    return int(json.loads((checkpoint / "trainer_state.json").read_text())["global_step"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--validation", required=True, help="speakers, with commas between")
    options = parser.parse_args()
    speakers = options.validation.split(",")
    cuts = [cut for cut in otoscope.read_corpus(options.corpus) if cut.supervisions[0].speaker in speakers]
    for checkpoint in sorted(options.checkpoints.glob("checkpoint-*"), key=step_of):
        print(format_line(load_checkpoint(checkpoint), step_of(checkpoint), cuts), flush=True)
