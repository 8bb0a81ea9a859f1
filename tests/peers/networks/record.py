"""Ask Keras, timm and Transformers: PYTHONPATH=tests python -P -m peers.networks.record [--check]"""

import os
import sys
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # it is built for GPUs, and torch for CPUs: two operators that it speaks of are missing then
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")

import keras
import timm
import transformers
from timm.layers import PatchEmbed, resample_abs_pos_embed
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding
from transformers.models.vit.modeling_vit import ViTEmbeddings

from peers import plain, run
from peers.networks.questions import KERAS, PATCHES, RESIZED, ROTATED, SINES, VIT


def numbers(tensor: torch.Tensor) -> Any:
    return plain(tensor.detach().numpy())


def masked_mean() -> dict[str, Any]:
    """A table, the mean over what is no padding, and a step on it."""
    layer = keras.layers.Embedding(len(KERAS["weight"]), 3, mask_zero=True)
    layer.build(None)
    layer.set_weights([keras.ops.convert_to_numpy(keras.ops.array(KERAS["weight"], "float32"))])
    ids = torch.tensor(KERAS["ids"])
    vectors = layer(ids)
    mask = layer.compute_mask(ids)
    means = keras.layers.GlobalAveragePooling1D()(vectors, mask=mask)
    value = layer.embeddings.value
    (grad,) = torch.autograd.grad(means[:3], value, torch.tensor(KERAS["grad"])[:3], retain_graph=True)
    steps = keras.optimizers.SGD(KERAS["lr"])
    steps.apply([grad], layer.trainable_variables)
    return {
        "vectors": numbers(vectors),
        "mask": plain(mask.detach().numpy().astype(int)),
        "means": numbers(means[:3]),  # the mean of nothing is not a number there
        "grad": numbers(grad),
        "trained": plain(layer.get_weights()[0]),
    }


def patches(case: dict[str, Any]) -> dict[str, Any]:
    size, patch, weight = case["image_size"], case["patch_size"], torch.tensor(case["weight"])
    layer = PatchEmbed(size, patch, weight.shape[1], weight.shape[0])
    layer.load_state_dict({"proj.weight": weight, "proj.bias": torch.tensor(case["bias"])})
    images = torch.tensor(case["images"], requires_grad=True)
    out = layer(images)
    out.backward(torch.tensor(case["grad"]))
    projection = layer.proj
    grads = {"images": images.grad, "weight": projection.weight.grad, "bias": projection.bias.grad}
    return {"out": numbers(out), "grid": list(layer.grid_size)} | {name: numbers(grad) for name, grad in grads.items()}


def vit() -> dict[str, Any]:
    sizes = {"image_size": VIT["image_size"], "patch_size": VIT["patch_size"], "num_channels": 3, "hidden_size": 4}
    layer = ViTEmbeddings(transformers.ViTConfig(**sizes, num_attention_heads=1, hidden_dropout_prob=0.0)).eval()
    layer.load_state_dict(
        {
            "cls_token": torch.tensor(VIT["class_token"]).reshape(1, 1, -1),
            "position_embeddings": torch.tensor(VIT["positions"])[None],
            "patch_embeddings.projection.weight": torch.tensor(VIT["weight"]),
            "patch_embeddings.projection.bias": torch.tensor(VIT["bias"]),
        }
    )
    found = {"images": numbers(layer(torch.tensor(VIT["images"])))}
    for name in ("other_images", "smaller_images"):
        found[name] = numbers(layer(torch.tensor(VIT[name]), interpolate_pos_encoding=True))
    return found


def resized(case: dict[str, Any]) -> Any:
    positions = torch.tensor(case["positions"])[None]
    return numbers(resample_abs_pos_embed(positions, case["new"], case["old"], case["prefix"], case["mode"])[0])


def rotated(case: dict[str, Any]) -> Any:
    x, positions = torch.tensor(case["x"]), torch.tensor(case["positions"])
    size = x.shape[-1]
    if case["layout"] == "half":
        config = transformers.LlamaConfig(hidden_size=size, num_attention_heads=1)
        cosines, sines = llama.LlamaRotaryEmbedding(config)(x, positions)
        return numbers(llama.apply_rotary_pos_emb(x[:, None], x[:, None], cosines, sines)[0][:, 0])
    sines, cosines = gptj.create_sinusoidal_positions(128, size)[positions].split(size // 2, dim=-1)
    return numbers(gptj.apply_rotary_pos_emb(x[:, :, None], sines, cosines)[:, :, 0])


def sines(case: dict[str, Any]) -> Any:
    return numbers(MarianSinusoidalPositionalEmbedding(case["positions"], case["size"]).create_weight())


def ask() -> dict[str, Any]:
    found: dict[str, Any] = {"masked mean": masked_mean(), "vit": vit()}
    for questions, answer in ((PATCHES, patches), (RESIZED, resized), (ROTATED, rotated), (SINES, sines)):
        found |= {name: answer(case) for name, case in questions.items()}
    return found


if __name__ == "__main__":
    versions = f"Keras {keras.__version__}, timm {timm.__version__}, Transformers {transformers.__version__}"
    sys.exit(run(__file__, versions, ask))
