"""Speed of refined models (half of the heads, a span of 32 frames) and of local attention, against the originals.

Weights are random, audio is noise, two threads. Models take turns; a ratio is the median of the rounds' ratios, its
spread their extremes.

    python benchmarks/refinement.py [span-1500] [span-3000] [hubert-30] ...    # some rows; none named: all
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import torch
from torch.nn import functional as F
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from otoscope import RefinementOptions, load, refine
from otoscope.attention.local import local_attention
from otoscope.models.encoder import Encoder
from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor, MockingjayModel
from otoscope.refinement.macs import count_macs
from otoscope.refinement.timing import turns

RADIUS = 32
HALF = [(layer, head) for layer in range(12) for head in range(6)]
SPANS = {1500: 5.0, 3000: 10.0}
MODELS = {("hubert", 30): (1.25, 3), ("hubert", 60): (1.45, 2)}
MODELS |= {("mockingjay", 30): (1.8, 3), ("mockingjay", 60): (2.4, 2), ("mockingjay", 120): (3.8, 1)}


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


def model_row(name: str, seconds: int) -> tuple[str, str, str]:
    least, rounds = MODELS[name, seconds]
    with tempfile.TemporaryDirectory() as scratch:
        encoders = pair({"hubert": hubert, "mockingjay": mockingjay}[name], Path(scratch))
    turns(encoders, 2, 1)
    ratios = [before / after for before, after in turns(encoders, seconds, rounds, warm=0)]
    before, after = (sum(count_macs(encoder, 10).values()) for encoder in encoders)
    what = f"{name} shape, half the heads, r = {RADIUS}, {seconds} s, over the original"
    return what, f"{spread(ratios)}; MACs at 10 s {before / after:.2f}x", f"{least}x"


def span_row(length: int) -> tuple[str, str, str]:
    states = [torch.randn(1, length, 12, 64).transpose(1, 2) for _ in range(3)]

    def dense() -> None:
        F.scaled_dot_product_attention(*states).transpose(1, 2).contiguous()

    def blocked() -> None:
        local_attention(*states, radius=RADIUS, scaling=0.125)

    blocked()
    dense()
    ratios = [seconds_of(dense) / seconds_of(blocked) for _ in range(20)]
    return f"blocked span attention over dense, r = {RADIUS}, T = {length}", spread(ratios), f"{SPANS[length]}x"


def seconds_of(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} rounds)"


ROWS = {f"span-{length}": lambda length=length: span_row(length) for length in SPANS}
ROWS |= {f"{name}-{seconds}": lambda name=name, seconds=seconds: model_row(name, seconds) for name, seconds in MODELS}

if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    print(f"{'what (random weights, CPU, 2 threads)':66} | {'measured':52} | at least")
    for row in sys.argv[1:] or ROWS:
        what, measured, least = ROWS[row]()
        print(f"{what:66} | {measured:52} | {least}", flush=True)
