"""Speed of refined models (half of the heads, a span of 32 frames) and of local attention, against the originals.

Weights are random, audio is noise, two threads.

    python benchmarks/refinement.py [ROW ...]
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from harness import Row, Rows, Work, ratio_row, run_rows
from otoscope import RefinementOptions, load, refine
from otoscope.attention.local_attention import local_attention
from otoscope.models.encoder import Encoder
from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor, MockingjayModel
from otoscope.refinement.macs import count_macs
from otoscope.refinement.timing import noise

RADIUS = 32
HALF = [(layer, head) for layer in range(12) for head in range(6)]
SPANS = {1500: "at least 5x", 3000: "at least 10x"}
MODELS = {("hubert", 30): "at least 1.25x", ("hubert", 60): "at least 1.45x"}
MODELS |= {("mockingjay", 30): "at least 1.8x", ("mockingjay", 60): "at least 2.4x"}
MODELS |= {("mockingjay", 120): "at least 3.8x"}
SHORT = (("hubert", 30), ("mockingjay", 30))


def hubert(folder: Path) -> None:
    HubertModel(HubertConfig()).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


def mockingjay(folder: Path) -> None:
    MockingjayModel(MockingjayConfig(downsample_rate=1)).save_pretrained(folder)
    MockingjayFeatureExtractor().save_pretrained(folder)


def pair(make: Callable[[Path], None], scratch: Path) -> list[Encoder]:
    torch.manual_seed(0)
    make(scratch / "original")
    refine(scratch / "original", scratch / "refined", remove=HALF, options=RefinementOptions(span=RADIUS))
    return [load(scratch / name, device="cpu") for name in ("original", "refined")]


def forward(encoder: Encoder, seconds: int) -> Work:
    inputs = encoder.inputs([noise(encoder, seconds)])
    return lambda: encoder.model(**inputs)


def model_rows(name: str, seconds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        encoders = pair({"hubert": hubert, "mockingjay": mockingjay}[name], Path(scratch))
    before, after = (sum(count_macs(encoder, 10).values()) for encoder in encoders)
    original, refined = (forward(encoder, seconds) for encoder in encoders)
    work = f"{name} shape, {seconds} s: original over half of the heads and a span of {RADIUS} frames"
    macs = Row("- multiplications of 10 s, original over refined", "x", value=before / after)
    return [*ratio_row(work, refined, original, MODELS[name, seconds]), macs]


def span_rows(length: int) -> list[Row]:
    states = [torch.randn(1, length, 12, 64).transpose(1, 2) for _ in range(3)]
    work = f"dense attention over a span of {RADIUS} frames, {length} frames"
    return ratio_row(work, partial(blocked, *states), partial(dense, *states), SPANS[length])


def dense(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).contiguous()


def blocked(*states: torch.Tensor) -> torch.Tensor:
    return local_attention(*states, radius=RADIUS, scaling=0.125)


ROWS: Rows = {
    **{f"span-{length}": partial(span_rows, length) for length in SPANS},
    **{f"refined-{name}-{seconds}s": partial(model_rows, name, seconds) for name, seconds in SHORT},
}
LONG: Rows = {f"refined-{name}-{s}s": partial(model_rows, name, s) for name, s in MODELS if (name, s) not in SHORT}

if __name__ == "__main__":
    logging.disable_progress_bar()
    run_rows(ROWS, LONG)
