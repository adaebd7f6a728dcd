"""Measure on a GPU the attention kernel with all statistics, and a model of hubert-large's shape with random weights.

Both are ratios to torch alone (flash attention, in half precision). Without a GPU nothing is measured.

    python benchmarks/gpu.py [ROW ...]
"""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from harness import MissingError, Row, Rows, Work, ratio_row, run_rows
from otoscope import load
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.statistics import available_statistics

HEADS, FEATURES = 16, 64  # of hubert-large
SCALING = FEATURES**-0.5
LENGTHS = (1500, 3000, 12000)
DTYPES = (torch.float16, torch.bfloat16)
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


def wait_for(work: Work) -> Work:
    """Return a work that ends when the GPU has done it."""

    def whole() -> None:
        work()
        torch.cuda.synchronize()

    return whole


def gpu_ratio(work: str, torch_alone: Work, otoscope: Work, goal: str) -> list[Row]:
    return ratio_row(work, wait_for(torch_alone), wait_for(otoscope), goal)


def kernel_rows(T: int, dtype: torch.dtype) -> list[Row]:
    require_gpu()
    query, key, value = (torch.randn(1, HEADS, T, FEATURES, device="cuda", dtype=dtype) for _ in range(3))
    options = AttentionOptions(scaling=SCALING, needs=NEEDS)
    return gpu_ratio(
        f"GPU: all reductions and output over plain attention, {T} frames, {name_of(dtype)}",
        lambda: F.scaled_dot_product_attention(query, key, value, scale=SCALING),
        lambda: attend(query, key, value, options),
        "at most 1.5x",
    )


def model_rows(dtype: torch.dtype) -> list[Row]:
    require_gpu()
    with tempfile.TemporaryDirectory() as folder:
        HubertModel(HubertConfig(**LARGE)).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(Path(folder))
        encoder = load(folder, device="cuda", dtype=name_of(dtype))
    wave = np.random.default_rng(0).normal(0, 0.1, SECONDS * encoder.sampling_rate).astype(np.float32)
    return gpu_ratio(
        f"GPU: hubert-large shape, {SECONDS} s, all reductions over its forward, {name_of(dtype)}",
        lambda: encoder.forward_unhooked([wave]),
        lambda: encoder.measure([wave], NEEDS, lambda layer, reductions: None),
        "at most 1.25x",
    )


def require_gpu() -> None:
    if not torch.cuda.is_available():
        raise MissingError("a GPU that torch can use")


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


ROWS: Rows = {
    **{f"gpu-kernel-{T}-{name_of(dtype)}": partial(kernel_rows, T, dtype) for dtype in DTYPES for T in LENGTHS},
    **{f"gpu-model-{name_of(dtype)}": partial(model_rows, dtype) for dtype in DTYPES},
}

if __name__ == "__main__":
    logging.disable_progress_bar()
    torch.manual_seed(0)
    run_rows(ROWS)
