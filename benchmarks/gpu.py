"""Measure on a GPU the attention kernel with all statistics, and a model of hubert-large's shape with random weights.

Both are ratios to torch alone (flash attention, in half precision). A timing of torch precedes each timing of otoscope;
the ratio is the median over the pairs. Without a GPU it prints one line.

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
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
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


def ratio(torch_alone: Work, otoscope: Work) -> tuple[float, float]:
    """Return the median ratio after three warm-up pairs, and the median milliseconds of torch alone."""
    pairs = [(seconds(torch_alone), seconds(otoscope)) for _ in range(3 + PAIRS)][3:]
    return statistics.median(b / a for a, b in pairs), 1000 * statistics.median(a for a, _ in pairs)


def kernel(T: int, dtype: torch.dtype) -> tuple[float, float]:
    query, key, value = (torch.randn(1, HEADS, T, FEATURES, device="cuda", dtype=dtype) for _ in range(3))
    return ratio(
        lambda: F.scaled_dot_product_attention(query, key, value, scale=SCALING),
        lambda: attend(query, key, value, AttentionOptions(scaling=SCALING, needs=NEEDS)),
    )


def whole_model(dtype: torch.dtype) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        HubertModel(HubertConfig(**LARGE)).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(Path(folder))
        encoder = load(folder, device="cuda", dtype=str(dtype).removeprefix("torch."))
    wave = np.random.default_rng(0).normal(0, 0.1, SECONDS * encoder.sampling_rate).astype(np.float32)
    return ratio(
        lambda: encoder.forward_unhooked([wave]), lambda: encoder.measure([wave], NEEDS, lambda layer, reductions: None)
    )


def print_row(measurement: str, dtype: str, time_ratio: float, milliseconds: float, limit: str) -> None:
    print(f"{measurement:34} | {dtype:8} | {time_ratio:5.2f}x | {milliseconds:8.2f} | {limit}", flush=True)


def print_table() -> None:
    print(f"{torch.cuda.get_device_name()}; time over that of torch, median of {PAIRS} pairs")
    print(f"{'measurement':34} | {'dtype':8} | {'ratio':>6} | {'torch ms':>8} | at most")
    for dtype in DTYPES:
        name = str(dtype).removeprefix("torch.")
        for T in LENGTHS:
            print_row(f"attention and statistics, T {T}", name, *kernel(T, dtype), "1.5x")
        print_row(f"hubert-large shape, {SECONDS} s", name, *whole_model(dtype), "1.25x")


if __name__ == "__main__":
    logging.disable_progress_bar()
    torch.manual_seed(0)
    if torch.cuda.is_available():
        print_table()
    else:
        print("no GPU found; nothing was measured")
