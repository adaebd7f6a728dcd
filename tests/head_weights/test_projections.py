"""The matrices of heads are those of the model's projections, in families that name and store them differently."""

import numpy as np
import pytest
import torch
from torch import nn

import otoscope
from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.errors import InputError
from otoscope.head_weights.options import WeightOptions
from otoscope.head_weights.projections import HeadMatrix, read_projections
from otoscope.head_weights.weights import measure_weights, weights
from otoscope.models.capture import forward_with_handler
from otoscope.models.load import load
from otoscope.models.self_check import noise

SCORED_ELSEWHERE = {"moonshine", "parakeet_encoder", "wav2vec2-conformer-relative", "sew-d", "speecht5"}
"""Families whose scores have rotary positions, or are not a product of queries and keys alone."""


def centred_scores(encoder, layer):
    """Scores `[H, T, T]` of a layer on noise, less the terms that depend on the query or on the key alone (biases)."""
    captured: list[AttentionCall] = []

    def handler(call):
        captured.append(call)
        return attend_with(NO_INTERVENTION, call, call.layer)[0]

    forward_with_handler(encoder, noise(encoder.sampling_rate)[:1], handler)
    call = captured[layer]
    return centre(call.scaling * call.query_bhtd[0].double() @ call.key_bhtd[0].double().mT)


def centre(scores_hqk):
    without_queries = scores_hqk - scores_hqk.mean(2, keepdim=True)
    return without_queries - without_queries.mean(1, keepdim=True)


def layer_input(encoder, layer):
    """What the linear maps of a layer read on noise, `[T, d]`: the input of the first linear map in its block."""
    name = next(name for name, module in encoder.model.named_modules() if module is encoder.layers[layer])
    linear = next(module for module in encoder.model.get_submodule(name).modules() if isinstance(module, nn.Linear))
    inputs = []
    with linear.register_forward_pre_hook(lambda _, args: inputs.append(args[0])):
        encoder.forward(noise(encoder.sampling_rate)[:1])
    return inputs[0][0].double()


def test_scores_follow_from_the_matrices(encoder, family):
    """Every family that has QK, apart from those whose attention reads its weights without calling its modules."""
    layers = read_projections(encoder)
    assert all((HeadMatrix.qk in layer) == (family not in SCORED_ELSEWHERE) for layer in layers)
    assert all(HeadMatrix.ov in layer for layer in layers)
    if HeadMatrix.qk not in layers[1] or family.startswith("wavlm") or family == "audioalbert":
        return
    states_td, qk = layer_input(encoder, 1), layers[1][HeadMatrix.qk]
    scores_hqk = states_td @ qk.left_hdr @ qk.right_hrd @ states_td.T
    assert torch.allclose(centre(scores_hqk), centred_scores(encoder, 1), atol=1e-6 * float(scores_hqk.abs().max()))


@pytest.mark.parametrize("family", ["hubert-layer", "wavlm-group"])
def test_matrices_are_those_of_named_weights(family, folders):
    encoder = load(folders[family], device="cpu")
    block = encoder.model.encoder.layers[1].attention
    layer = read_projections(encoder)[1]
    size = block.head_dim
    for head in range(encoder.n_heads[1]):
        rows = slice(head * size, (head + 1) * size)
        qk = block.q_proj.weight[rows].T @ block.k_proj.weight[rows] * size**-0.5
        ov = block.out_proj.weight[:, rows] @ block.v_proj.weight[rows]
        for name, expected in ((HeadMatrix.qk, qk), (HeadMatrix.ov, ov)):
            matrix = layer[name].left_hdr[head] @ layer[name].right_hrd[head]
            assert torch.allclose(matrix.float(), expected, atol=1e-5 * float(expected.detach().abs().max()))


def test_a_model_without_separable_scores_has_measures_of_outputs_alone(folders, tmp_path):
    run = weights(folders["moonshine"], tmp_path / "run", options=WeightOptions(device="cpu"))
    assert {"ov_norm", "ov_effective_rank", "ov_similarity", "value_composition"} == set(run.dataset.data_vars)
    assert "qk_norm" in run.dataset.attrs["undefined"]
    with pytest.raises(InputError, match=r"linear maps of the hidden state.*qk_norm"):
        weights(folders["moonshine"], tmp_path / "no", options=WeightOptions(measures=("qk_norm",)))
    assert not (tmp_path / "no").exists()


def test_layers_with_fewer_heads_or_none_are_not_numbers(folders, tmp_path):
    encoder = load(folders["hubert-layer"], device="cpu")
    layers = list(read_projections(encoder))
    layers[1] = {}
    run = measure_weights(layers, otoscope.head_weights.WEIGHT_MEASURES.select())
    assert np.isnan(run["qk_norm"].values[1]).all()
    assert np.isfinite(run["qk_norm"].values[[0, 2]]).all()
    assert np.isnan(run["key_composition"].values).all()
    assert np.isfinite(run["ov_similarity"].values[0, :, 2]).all()


def test_similarity_is_symmetric_and_one_with_itself(folders, tmp_path):
    run = weights(folders["whisper"], tmp_path / "run", options=WeightOptions(device="cpu"))
    similar = run.dataset["qk_similarity"].values
    flat = similar.reshape(similar.shape[0] * similar.shape[1], -1)
    assert np.allclose(flat, flat.T)
    assert np.allclose(flat.diagonal(), 1)
