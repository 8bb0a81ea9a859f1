"""Images to vectors: a patch at a time, as a vision transformer does (Dosovitskiy et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..arguments import names_arguments
from ..checks import integer, switch
from ..signals import Deferred
from . import given
from .given import Floats
from .optimizers import Optimizer
from .resize import Mode, resize_matrix
from .trained import Trained

Pair = tuple[int, int]
_STD = 0.02  # of class token and positions at the start, as in Hugging Face's ViT


class PatchEmbedding(Trained):
    """Every patch of an image times one matrix: what a convolution does whose kernel is as large as the patch.

    Vectors come row by row. With ``class_token=True`` a learned vector stands before them, and with
    ``image_size=`` a learned vector of its position is added to each, that of the class token included.

    Attributes:
        weight: (embedding_dim, in_channels, height, width of a patch), as of torch's Conv2d; starts uniform between
            -1/sqrt(n) and 1/sqrt(n), with n numbers in a patch.
        bias: (embedding_dim,), or None; starts as ``weight``.
        class_token: (embedding_dim,), or None; starts normal with standard deviation 0.02.
        positions: (patches, plus 1 with a class token, embedding_dim), or None; starts as ``class_token``.
        gradients: What `backward` found, by name.

    Args:
        patch_size: Pixels, a number or (height, width).
        embedding_dim: D.
        in_channels: C. Default 3.
        stride: Pixels from one patch to the next, a number or (down, right); patches overlap where it is smaller than
            they are. Default None: patch_size.
        image_size: Pixels, a number or (height, width): all images have this size, and positions are learned. Default
            None: images of any size that patches fill, without positions.
        class_token: Whether there is one. Default False.
        bias: Default True.
        optimizer: What `step` applies. Default None: there is no `step`.
        seed: Of the start; None for another one each time.
        dtype: float32 (default) or float64.

    Raises:
        TypeError: A size is no whole number; another dtype.
        ValueError: A size is below 1, or patches do not fill the image.
    """

    _names = ("weight", "bias", "class_token", "positions")

    @names_arguments()
    def __init__(
        self,
        patch_size: int | Pair,
        embedding_dim: int,
        *,
        in_channels: int = 3,
        stride: int | Pair | None = None,
        image_size: int | Pair | None = None,
        class_token: bool = False,
        bias: bool = True,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.patch_size = _pair("patch_size", patch_size)
        self.embedding_dim = integer("embedding_dim", embedding_dim, 1)
        self.in_channels = integer("in_channels", in_channels, 1)
        self.stride = self.patch_size if stride is None else _pair("stride", stride)
        self.image_size = None if image_size is None else _pair("image_size", image_size)
        has_token, has_bias = switch("class_token", class_token), switch("bias", bias)
        kind, random = given.float_dtype(dtype), given.chance_of(seed)
        shape = self.embedding_dim, self.in_channels, *self.patch_size
        bound = float(np.prod(shape[1:])) ** -0.5
        self.weight: Floats = random.uniform(-bound, bound, shape).astype(kind)
        self.bias: Floats | None = random.uniform(-bound, bound, shape[0]).astype(kind) if has_bias else None
        self.class_token: Floats | None = random.normal(0, _STD, shape[0]).astype(kind) if has_token else None
        self.positions: Floats | None = None
        if self.image_size is not None:
            rows, columns = self.grid(self.image_size)
            self.positions = random.normal(0, _STD, (rows * columns + has_token, shape[0])).astype(kind)
        self._patches: Floats | None = None  # (B, patches, C height width)
        self._image_shape: tuple[int, ...] = ()
        self._train(optimizer)

    def __call__(self, images: Any) -> Floats:
        """See `forward`."""
        return self.forward(images)

    def grid(self, image_size: int | Pair) -> Pair:
        """How many patches an image of this many pixels has, (down, right).

        Raises:
            ValueError: Patches do not fill the image.
        """
        height, width = _pair("image_size", image_size)
        return (
            _count("height", height, self.patch_size[0], self.stride[0]),
            _count("width", width, self.patch_size[1], self.stride[1]),
        )

    def forward(self, images: Any) -> Floats:
        """Images (B, C, H, W) to vectors (B, patches, plus 1 with a class token, D).

        Raises:
            TypeError: ``images`` holds no floats.
            ValueError: The shape is another one, or patches do not fill the images.
        """
        images = self._checked(images)
        batch = len(images)
        rows, columns = self.grid(images.shape[2:])
        windows = np.lib.stride_tricks.sliding_window_view(images, self.patch_size, axis=(2, 3))
        windows = windows[:, :, :: self.stride[0], :: self.stride[1]]  # (B, C, rows, columns, height, width)
        patches = np.array(windows.transpose(0, 2, 3, 1, 4, 5), order="C")  # images may hold others before `backward`
        patches = patches.reshape(batch, rows * columns, self._matrix.shape[1])
        found: Floats = patches @ self._matrix.T
        if self.bias is not None:
            found += self.bias
        if self.class_token is not None:
            first = np.broadcast_to(self.class_token, (batch, 1, self.embedding_dim))
            found = np.concatenate([first, found], axis=1)
        if self.positions is not None:
            found += self.positions
        self._patches, self._image_shape = patches, images.shape
        return found

    def backward(self, grad: Any) -> Floats:
        """The gradient of the images from that of the output; those of the layer's arrays go to ``gradients``.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        patches = given.kept(self._patches)
        batch, count, _ = patches.shape
        has_token = self.class_token is not None
        grad = given.gradient(grad, (batch, count + has_token, self.embedding_dim), self.weight.dtype)
        if self.positions is not None:
            self.gradients["positions"] = grad.sum(axis=0)
        if has_token:
            self.gradients["class_token"] = grad[:, 0].sum(axis=0)
            grad = grad[:, 1:]
        flat = grad.reshape(-1, self.embedding_dim)
        if self.bias is not None:
            self.gradients["bias"] = flat.sum(axis=0)
        self.gradients["weight"] = (flat.T @ patches.reshape(len(flat), self._matrix.shape[1])).reshape(
            self.weight.shape
        )
        self._patches = None
        return self._spread(grad @ self._matrix)

    @names_arguments()
    def resize(self, image_size: int | Pair, *, mode: Mode = "bicubic", antialias: bool = True) -> None:
        """Take images of another size from now on: positions are interpolated over the grid of patches.

        That of the class token stays. What an optimiser remembers of the positions starts anew, and gradients of
        before are forgotten.

        Args:
            image_size: Pixels, a number or (height, width).
            mode: "bicubic" (default) or "bilinear".
            antialias: Average over more positions where the grid gets smaller, with the weights of a cubic of slope
                -1/2 instead of -3/4. True (default) is what timm does, False what Hugging Face's ViT does.

        Raises:
            RuntimeError: There are no positions: the layer was made without image_size.
            ValueError: Patches do not fill the image; another mode.
        """
        if self.positions is None or self.image_size is None:
            raise RuntimeError("the layer has no positions and takes images of any size: make it with image_size=")
        antialias = switch("antialias", antialias)
        old, new = self.grid(self.image_size), self.grid(image_size)
        down, right = (resize_matrix(*sizes, mode, antialias) for sizes in zip(old, new, strict=True))
        split = len(self.positions) - old[0] * old[1]
        table = self.positions[split:].reshape(*old, -1).astype(np.float64)
        resized = np.einsum("ij,kl,jld->ikd", down, right, table, optimize=True).reshape(new[0] * new[1], -1)
        positions = np.concatenate([self.positions[:split], resized.astype(self.positions.dtype)])
        with Deferred():
            self.positions, self.image_size = positions, _pair("image_size", image_size)
            self.gradients.clear()
            self._patches = None
            if self.optimizer is not None:
                self.states["positions"] = self.optimizer.start(positions.shape, positions.dtype)

    def _settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "image_size": self.image_size}

    @classmethod
    def _arguments(cls, arrays: Mapping[str, Floats], settings: Mapping[str, Any]) -> dict[str, Any]:
        dimension, channels, *patch = arrays["weight"].shape
        stride, size, has_token = _pair("stride", settings["stride"]), settings["image_size"], "class_token" in arrays
        if size is not None:
            both = zip(("height", "width"), _pair("image_size", size), patch, stride, strict=True)
            rows, columns = (_count(*one) for one in both)
            if len(arrays["positions"]) != rows * columns + has_token:
                raise ValueError(f"{len(arrays['positions'])} positions do not fit an image_size of {size}")
        return {
            "patch_size": tuple(patch),
            "embedding_dim": dimension,
            "in_channels": channels,
            "stride": stride,
            "image_size": size,
            "class_token": has_token,
            "bias": "bias" in arrays,
        }

    @property
    def _matrix(self) -> Floats:
        return self.weight.reshape(self.embedding_dim, -1)

    def _checked(self, images: Any) -> Floats:
        images = given.array_of("images", images)
        if images.dtype.kind != "f":
            hint = ": divide by 255, or normalise as the model was trained" if images.dtype == np.uint8 else ""
            raise TypeError(f"images must be floats, not {images.dtype}{hint}")
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            hint = ""
            if images.ndim == 4 and images.shape[3] == self.in_channels:
                hint = ": channels come before rows and columns, so give images.transpose(0, 3, 1, 2)"
            elif images.ndim == 3:
                hint = ": a single image is images[None]"
            raise ValueError(f"images must have the shape (B, {self.in_channels}, H, W), not {images.shape}{hint}")
        if self.image_size is not None and images.shape[2:] != self.image_size:
            raise ValueError(
                f"images must have {self.image_size[0]} x {self.image_size[1]} pixels, not {images.shape[2]} x "
                f"{images.shape[3]}, as every position has a vector: call resize({images.shape[2:]}) for these"
            )
        return given.narrowed("images", images, self.weight.dtype)

    def _spread(self, patches: Floats) -> Floats:
        """Patches (B, patches, C height width) added up where they lie in the images."""
        found = np.zeros(self._image_shape, patches.dtype)
        (height, width), (down, right) = self.patch_size, self.stride
        rows, columns = self.grid(self._image_shape[2:])  # type: ignore[arg-type]
        parts = patches.reshape(len(found), rows, columns, self.in_channels, height, width).transpose(4, 5, 0, 3, 1, 2)
        for i in range(height):
            for j in range(width):
                found[:, :, i : i + down * rows : down, j : j + right * columns : right] += parts[i, j]
        return found


def _count(name: str, pixels: int, patch: int, stride: int) -> int:
    """How many patches fill so many pixels."""
    if pixels < patch or (pixels - patch) % stride:
        wanted = f"a multiple of {patch}" if patch == stride else f"{patch} plus a multiple of the stride {stride}"
        raise ValueError(f"the {name} of an image must be {wanted}, not {pixels}: crop, pad or resize the images")
    return (pixels - patch) // stride + 1


def _pair(name: str, value: Any) -> Pair:
    """A number for both, or (down, right)."""
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ValueError(f"{name} must be a number or a pair, not {value!r}")
        return integer(name, value[0], 1), integer(name, value[1], 1)
    one = integer(name, value, 1)
    return one, one
