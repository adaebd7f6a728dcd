"""On a GPU: the statistics kernel beside scaled-dot-product attention, and a whole hubert-large with and without it.

Both as ratios to what torch does alone (flash attention, in half precision), each the median over pairs. The weights of
hubert-large's shape are random. Without a GPU it says so in one line, and that is all.

    python benchmarks/gpu.py
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from otoscope import load
from otoscope.attention.kernels.tiled import attend
from otoscope.statistics import available_statistics

HEADS, FEATURES = 16, 64  # of hubert-large
SCALING = FEATURES**-0.5
LENGTHS = (1500, 3000, 12000)
DTYPES = (torch.float16, torch.bfloat16)
PAIRS = 20
SECONDS = 30
LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": HEADS,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
}
STATISTICS = available_statistics()
NEEDS = frozenset().union(*(statistic.requires for statistic in STATISTICS.values() if not statistic.requires_phones))

Work = Callable[[], object]


def seconds(work: Work) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def ratio(plain: Work, ours: Work) -> tuple[float, float]:
    """Median of the pairs' ratios after three that warm up, and the median milliseconds of the plain one."""
    pairs = [(seconds(plain), seconds(ours)) for _ in range(3 + PAIRS)][3:]
    return statistics.median(b / a for a, b in pairs), 1000 * statistics.median(a for a, _ in pairs)


def kernel(T: int, dtype: torch.dtype) -> tuple[float, float]:
    query, key, value = (torch.randn(1, HEADS, T, FEATURES, device="cuda", dtype=dtype) for _ in range(3))
    return ratio(
        lambda: F.scaled_dot_product_attention(query, key, value, scale=SCALING),
        lambda: attend(query, key, value, scaling=SCALING, needs=NEEDS),
    )


def whole_model(dtype: torch.dtype) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        HubertModel(HubertConfig(**LARGE)).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(Path(folder))
        encoder = load(folder, device="cuda", dtype=str(dtype).removeprefix("torch."))
    wave = np.random.default_rng(0).normal(0, 0.1, SECONDS * encoder.sampling_rate).astype(np.float32)
    return ratio(lambda: encoder.plain([wave]), lambda: encoder.observe([wave], NEEDS, lambda layer, found: None))


def print_table() -> None:
    print(f"{torch.cuda.get_device_name()}; time over torch's own, median of {PAIRS} pairs")
    print(f"{'what':34} | {'dtype':8} | {'ours':>6} | {'plain ms':>8} | at most")
    for dtype in DTYPES:
        name = str(dtype).removeprefix("torch.")
        for T in LENGTHS:
            times, plain = kernel(T, dtype)
            print(
                f"{f'attention and statistics, T {T}':34} | {name:8} | {times:5.2f}x | {plain:8.2f} | 1.5x", flush=True
            )
        times, plain = whole_model(dtype)
        print(f"{f'hubert-large shape, {SECONDS} s':34} | {name:8} | {times:5.2f}x | {plain:8.2f} | 1.25x", flush=True)


if __name__ == "__main__":
    logging.disable_progress_bar()
    torch.manual_seed(0)
    if torch.cuda.is_available():
        print_table()
    else:
        print("no GPU is at hand: the kernel for CUDA is not measured")
