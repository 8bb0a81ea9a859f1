"""What Keras, timm, Transformers and fastemb.layers are all asked, in plain numbers."""

from __future__ import annotations

from typing import Any

from peers.torch.questions import numbers

KERAS = {  # id 0 is padding; the last sentence is nothing else
    "weight": numbers(0, 6, 3),
    "ids": [[4, 2, 0, 0], [5, 5, 1, 0], [3, 4, 2, 1], [0, 0, 0, 0]],
    "grad": numbers(1, 4, 3),
    "lr": 0.5,
}

PATCHES: dict[str, dict[str, Any]] = {
    f"patches: {name}": {
        "images": numbers(2, 2, channels, *size),
        "image_size": size,
        "patch_size": patch,
        "weight": numbers(3, 4, channels, *patch),
        "bias": numbers(4, 4),
        "grad": numbers(5, 2, (size[0] // patch[0]) * (size[1] // patch[1]), 4),
    }
    for name, channels, size, patch in (
        ("square", 3, (6, 6), (3, 3)),
        ("wide", 1, (4, 9), (2, 3)),
        ("whole image", 2, (4, 4), (4, 4)),
        ("single pixels", 2, (2, 3), (1, 1)),
    )
}

VIT = {  # a class token, positions, and another size of images
    "images": numbers(6, 2, 3, 6, 6),
    "other_images": numbers(7, 1, 3, 8, 10),
    "smaller_images": numbers(8, 1, 3, 4, 2),
    "image_size": 6,
    "patch_size": 2,
    "weight": numbers(9, 4, 3, 2, 2),
    "bias": numbers(10, 4),
    "class_token": numbers(11, 4),
    "positions": numbers(12, 10, 4),
}

RESIZED: dict[str, dict[str, Any]] = {
    f"resized: {old} to {new}, {mode}, {prefix} before": {
        "old": old,
        "new": new,
        "mode": mode,
        "prefix": prefix,
        "positions": numbers(13, old[0] * old[1] + prefix, 2),
    }
    for old, new in (((3, 3), (5, 4)), ((2, 4), (7, 4)), ((7, 6), (3, 5)), ((4, 4), (1, 2)))
    for mode in ("bicubic", "bilinear")
    for prefix in (0, 1)
}

ROTATED: dict[str, dict[str, Any]] = {
    f"rotated: {layout}, {size}": {
        "layout": layout,
        "x": numbers(14, 2, 5, size),
        "positions": [[0, 1, 2, 3, 4], [7, 0, 100, 31, 12]],
    }
    for layout in ("half", "interleaved")
    for size in (2, 8, 12)
}

SINES: dict[str, dict[str, Any]] = {f"sines: {size}": {"positions": 40, "size": size} for size in (2, 5, 8)}
