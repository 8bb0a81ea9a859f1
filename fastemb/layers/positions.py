"""Where a vector stands in its row: sinusoids, a learned table, rotations, and their sum with tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike

from ..arguments import names_arguments
from ..checks import integer, number
from ..io.paths import AnyPath
from ..signals import Deferred
from . import given
from .embedding import Embedding
from .files import LayerFile, load_layer
from .given import Floats, Ints
from .optimizers import Optimizer
from .trained import Trained

BASE = 10000.0  # Vaswani et al. 2017, section 3.5


def _phases(positions: Ints, rates: Floats) -> Floats:
    """Position times rate, in float64, (..., len(rates)): float32 would be off by whole turns at large positions."""
    found: Floats = positions.astype(np.float64)[..., None] * rates
    return found


def _rates(size: int, base: float) -> Floats:
    """base^(-2 i / size) for the pairs i of a vector of this size, in float64."""
    return base ** (-np.arange(0, size, 2, dtype=np.float64) / size)


def _positions(positions: Any, shape: tuple[int, ...], most: int | None = None) -> Ints:
    """Positions of vectors (..., L, D): 0, 1, ... L - 1 unless given, as (L,) or (..., L)."""
    if len(shape) < 2:
        raise ValueError(f"x must have the shape (..., L, D), not {shape}")
    if positions is None:
        found: Ints = np.arange(shape[-2], dtype=np.int64)
    else:
        found = given.whole_numbers("positions", positions, np.iinfo(np.int64).max if most is None else most)
        if found.shape not in (shape[-2:-1], shape[:-1]):
            raise ValueError(f"positions must have the shape {shape[-2:-1]} or {shape[:-1]}, not {found.shape}")
    return found


def _base(base: float) -> float:
    if number("base", base) <= 1:
        raise ValueError(f"base must be above 1, not {base!r}")
    return float(base)


class PositionalEncoding:
    """Sinusoids of the position, added to vectors (Vaswani et al. 2017, section 3.5): nothing is learned.

    Number 2 i of the vector of position p is sin(p / base^(2 i / D)), number 2 i + 1 the cosine of the same. There is
    one for every position, however long the rows in training were.

    Args:
        embedding_dim: D; an odd one ends with a sine.
        base: Default 10000, as in the paper.
        dtype: float32 (default) or float64. Angles are in float64 always.

    Raises:
        TypeError: embedding_dim is no whole number; another dtype.
        ValueError: embedding_dim is below 1, or base not above 1.
    """

    @names_arguments()
    def __init__(self, embedding_dim: int, *, base: float = BASE, dtype: DTypeLike = np.float32) -> None:
        self.embedding_dim = integer("embedding_dim", embedding_dim, 1)
        self.base = _base(base)
        self.dtype = given.float_dtype(dtype)
        self._rates = _rates(self.embedding_dim, self.base)
        self._shape: tuple[int, ...] | None = None

    def __call__(self, x: Any, positions: Any = None) -> Floats:
        """See `forward`."""
        return self.forward(x, positions)

    def encode(self, positions: Any) -> Floats:
        """The vectors of these positions, (..., D).

        Raises:
            TypeError: They are no integers.
            IndexError: One is negative.
        """
        return self._vectors(given.whole_numbers("positions", positions, np.iinfo(np.int64).max))

    def forward(self, x: Any, positions: Any = None) -> Floats:
        """Vectors (..., L, D) and those of their positions, added up.

        Args:
            x: Floats.
            positions: Integers (L,) or (..., L). Default None: 0, 1, ... L - 1.

        Raises:
            TypeError: ``x`` holds no floats, or ``positions`` no integers.
            ValueError: A shape does not fit.
            IndexError: A position is negative.
        """
        x = given.vectors("x", x, self.dtype, self.embedding_dim)
        found: Floats = x + self._vectors(_positions(positions, x.shape))
        self._shape = x.shape
        return found

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input, which is that of the output.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        found = given.gradient(grad, given.kept(self._shape), self.dtype)
        self._shape = None
        return found

    def _vectors(self, positions: Ints) -> Floats:
        phases = _phases(positions, self._rates)
        found = np.empty((*positions.shape, self.embedding_dim), self.dtype)
        found[..., 0::2] = np.sin(phases)
        found[..., 1::2] = np.cos(phases[..., : self.embedding_dim // 2])
        return found

    def _packed(self) -> LayerFile:
        settings = {"embedding_dim": self.embedding_dim, "base": self.base, "dtype": self.dtype.name}
        return LayerFile(type(self).__name__, {}, settings)

    @classmethod
    def _unpacked(cls, file: LayerFile) -> Self:
        return cls(**file.settings)


class PositionEmbedding(Trained):
    """A learned vector for each position, added to vectors (Gehring et al. 2017).

    Attributes:
        weight: (num_positions, embedding_dim).
        gradients: What `backward` found, by name.

    Args:
        num_positions: How many positions there are; there is no vector for later ones.
        embedding_dim: D.
        std: Vectors start normal with mean 0 and this standard deviation. Default 0.02, as in BERT and ViT.
        optimizer: What `step` applies. Default None: there is no `step`.
        seed: Of the start; None for another one each time.
        dtype: float32 (default) or float64.

    Raises:
        TypeError: A size is no whole number; another dtype.
        ValueError: A size is below 1, or std is negative.
    """

    _names = ("weight",)

    @names_arguments()
    def __init__(
        self,
        num_positions: int,
        embedding_dim: int,
        *,
        std: float = 0.02,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_positions = integer("num_positions", num_positions, 1)
        self.embedding_dim = integer("embedding_dim", embedding_dim, 1)
        kind, scale = given.float_dtype(dtype), number("std", std, 0)
        shape = self.num_positions, self.embedding_dim
        self.weight: Floats = given.chance_of(seed).normal(0, scale, shape).astype(kind)
        self._positions: Ints | None = None
        self._shape: tuple[int, ...] = ()
        self._train(optimizer)

    def __call__(self, x: Any, positions: Any = None) -> Floats:
        """See `forward`."""
        return self.forward(x, positions)

    def forward(self, x: Any, positions: Any = None) -> Floats:
        """Vectors (..., L, D) and those of their positions, added up.

        Args:
            x: Floats.
            positions: Integers (L,) or (..., L). Default None: 0, 1, ... L - 1.

        Raises:
            TypeError: ``x`` holds no floats, or ``positions`` no integers.
            ValueError: A shape does not fit, or the rows are longer than there are positions.
            IndexError: A position is negative or past the end of the table.
        """
        x = given.vectors("x", x, self.weight.dtype, self.embedding_dim)
        if positions is None and x.ndim >= 2 and x.shape[-2] > self.num_positions:
            raise ValueError(
                f"x has rows of {x.shape[-2]} vectors, and the table {self.num_positions} positions: cut the rows, "
                "make the table longer, or take PositionalEncoding, which has no end"
            )
        found = _positions(positions, x.shape, self.num_positions)
        self._positions, self._shape = found.copy(), x.shape
        summed: Floats = x + self.weight[found]
        return summed

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input, which is that of the output; that of the table goes to ``gradients``.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        positions = given.kept(self._positions)
        found = given.gradient(grad, self._shape, self.weight.dtype)
        summed = np.zeros_like(self.weight)
        of_rows = found
        if positions.ndim == 1:  # the same for all rows
            of_rows = found.reshape(math.prod(self._shape[:-2]), *self._shape[-2:]).sum(axis=0)
        np.add.at(summed, positions, of_rows)
        self.gradients["weight"] = summed
        self._positions = None
        return found

    @classmethod
    def _arguments(cls, arrays: Mapping[str, Floats], settings: Mapping[str, Any]) -> dict[str, Any]:
        num_positions, embedding_dim = arrays["weight"].shape
        return {"num_positions": num_positions, "embedding_dim": embedding_dim}


class RotaryEmbedding:
    """Turns pairs of numbers of a vector by angles that grow with its position (Su et al. 2021, RoFormer).

    The dot product of two turned vectors depends on the distance of their positions only, so queries and keys are
    turned. Pair i of a vector at position p turns by p / base^(2 i / D). Nothing is learned.

    Args:
        embedding_dim: D, the size of a head; even.
        layout: Which numbers are pair i. "interleaved": 2 i and 2 i + 1, as in the paper, GPT-J and Meta's Llama;
            "half": i and i + D / 2, as in GPT-NeoX and Hugging Face's Llama. Weights of the one are of no use with the
            other, so there is no default.
        base: Default 10000.
        dtype: float32 (default) or float64. Angles are in float64 always, and only cosines and sines are cast.

    Raises:
        TypeError: embedding_dim is no whole number; another dtype.
        ValueError: embedding_dim is odd or below 2, another layout, or base is not above 1.
    """

    @names_arguments()
    def __init__(
        self,
        embedding_dim: int,
        *,
        layout: Literal["interleaved", "half"],
        base: float = BASE,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.embedding_dim = integer("embedding_dim", embedding_dim, 2)
        if self.embedding_dim % 2:
            raise ValueError(f"embedding_dim must be even, as pairs of numbers are turned, not {embedding_dim!r}")
        if layout not in ("interleaved", "half"):
            raise ValueError(f"layout must be 'interleaved' or 'half', not {layout!r}")
        self.layout = layout
        self.base = _base(base)
        self.dtype = given.float_dtype(dtype)
        half = self.embedding_dim // 2
        interleaved = layout == "interleaved"
        self._pairs = (np.s_[..., 0::2], np.s_[..., 1::2]) if interleaved else (np.s_[..., :half], np.s_[..., half:])
        self._rates = _rates(self.embedding_dim, self.base)
        self._kept: tuple[tuple[int, ...], Floats, Floats] | None = None  # shape, cosines and sines, (..., L, D / 2)

    def __call__(self, x: Any, positions: Any = None) -> Floats:
        """See `forward`."""
        return self.forward(x, positions)

    def forward(self, x: Any, positions: Any = None) -> Floats:
        """Vectors (..., L, D), turned.

        Args:
            x: Floats.
            positions: Integers (L,) or (..., L). Default None: 0, 1, ... L - 1.

        Raises:
            TypeError: ``x`` holds no floats, or ``positions`` no integers.
            ValueError: A shape does not fit.
            IndexError: A position is negative.
        """
        x = given.vectors("x", x, self.dtype, self.embedding_dim)
        phases = _phases(_positions(positions, x.shape), self._rates)
        cosines, sines = np.cos(phases).astype(self.dtype), np.sin(phases).astype(self.dtype)
        self._kept = x.shape, cosines, sines
        return self._turned(x, cosines, sines)

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input: that of the output, turned back.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        shape, cosines, sines = given.kept(self._kept)
        grad = given.gradient(grad, shape, self.dtype)
        self._kept = None
        return self._turned(grad, cosines, -sines)

    def _turned(self, x: Floats, cosines: Floats, sines: Floats) -> Floats:
        first, second = (x[pair] for pair in self._pairs)
        turned = np.empty_like(x)
        turned[self._pairs[0]] = first * cosines - second * sines
        turned[self._pairs[1]] = second * cosines + first * sines
        return turned


def _kind(layer: Any) -> str:
    return layer.__name__ if isinstance(layer, type) else type(layer).__name__


class Tokens(Protocol):
    """A table of tokens, such as `Embedding`."""

    def forward(self, ids: Any) -> Floats:
        """Ids (..., L) to vectors (..., L, D)."""
        ...

    def backward(self, grad: Any) -> Any:
        """Take the gradient of these vectors."""

    def step(self) -> None:
        """Change the table."""

    def parameters(self) -> dict[str, Any]:
        """The arrays that are trained, by name; no copies."""
        ...


class TokenAndPositionEmbedding:
    """e = scale * w + p: the vectors of tokens and those of their positions, added up.

    Args:
        tokens: The table of tokens, such as an `Embedding`.
        positions: A `PositionalEncoding` or a `PositionEmbedding` of the same dimension.
        scale: By what the vectors of tokens are multiplied. Default 1; Vaswani et al. 2017 take sqrt(D).

    Raises:
        TypeError: scale is no number, or one of the layers is of another kind.
        ValueError: scale is not finite, or the two layers have different dimensions.
    """

    @names_arguments()
    def __init__(
        self, tokens: Tokens, positions: PositionalEncoding | PositionEmbedding, *, scale: float = 1.0
    ) -> None:
        if not isinstance(positions, PositionalEncoding | PositionEmbedding):
            hint = "; it turns queries and keys, after the sum" if isinstance(positions, RotaryEmbedding) else ""
            raise TypeError(
                f"positions must be a PositionalEncoding or a PositionEmbedding, not {_kind(positions)}{hint}"
            )
        if isinstance(tokens, type) or not callable(getattr(tokens, "forward", None)):
            raise TypeError(f"tokens must be a layer that looks ids up, such as an Embedding, not {_kind(tokens)}")
        size = getattr(tokens, "embedding_dim", positions.embedding_dim)  # other tables of tokens need not have it
        if size != positions.embedding_dim:
            raise ValueError(
                f"tokens have vectors of {size} values and positions of {positions.embedding_dim}; they are added up, "
                "so give both the same embedding_dim"
            )
        self.tokens = tokens
        self.positions = positions
        self.scale = number("scale", scale)

    def __call__(self, ids: Any, positions: Any = None) -> Floats:
        """See `forward`."""
        return self.forward(ids, positions)

    def forward(self, ids: Any, positions: Any = None) -> Floats:
        """Ids (..., L) to vectors (..., L, D).

        Args:
            ids: Of tokens.
            positions: Integers (L,) or (..., L). Default None: 0, 1, ... L - 1.

        Raises:
            TypeError: An id or a position is no integer.
            ValueError: A shape does not fit.
            IndexError: An id or a position is not in its table.
        """
        words = self.tokens.forward(ids)
        return self.positions.forward(words if self.scale == 1 else words * words.dtype.type(self.scale), positions)

    def backward(self, grad: Any) -> None:
        """Take the gradient of the output to both tables.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        grad = self.positions.backward(grad)
        self.tokens.backward(grad if self.scale == 1 else grad * grad.dtype.type(self.scale))

    def step(self) -> None:
        """Change both tables by their gradients.

        Raises:
            RuntimeError: A table has no optimiser, or no gradient.
        """
        with Deferred():
            self.tokens.step()
            if isinstance(self.positions, PositionEmbedding):
                self.positions.step()

    def parameters(self) -> dict[str, Any]:
        """The arrays that are trained, as "tokens.weight" and "positions.weight"; no copies."""
        parts: dict[str, Any] = {"tokens": self.tokens}
        if isinstance(self.positions, PositionEmbedding):
            parts["positions"] = self.positions
        return {f"{part}.{name}": array for part, layer in parts.items() for name, array in layer.parameters().items()}

    def save(self, path: AnyPath) -> None:
        """Write both layers, with the state of their optimisers, to one safetensors file.

        Raises:
            TypeError: ``tokens`` is no `Embedding`, or has a key that is neither a str nor an int.
            OSError: The file cannot be written.
        """
        if not isinstance(self.tokens, Embedding):
            raise TypeError(f"tokens must be an Embedding to be saved, not {type(self.tokens).__name__}")
        parts = {"tokens": self.tokens._packed(), "positions": self.positions._packed()}
        LayerFile(type(self).__name__, {}, {"scale": self.scale}, parts=parts).write(path)

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote; training goes on as if it had not been saved.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is damaged, or of another kind.
        """
        return load_layer(path, cls.__name__, cls._unpacked)

    @classmethod
    def _unpacked(cls, file: LayerFile) -> Self:
        tokens, positions = file.parts["tokens"], file.parts["positions"]
        kinds = {kind.__name__: kind for kind in (PositionalEncoding, PositionEmbedding)}
        if tokens.kind != Embedding.__name__ or positions.kind not in kinds:
            raise ValueError(f"its parts are {tokens.kind!r} and {positions.kind!r}")
        width = tokens.arrays["weight"].shape[-1]
        if positions.kind == PositionalEncoding.__name__ and positions.settings["embedding_dim"] != width:
            raise ValueError(f"positions of {positions.settings['embedding_dim']!r} values, and tokens of {width}")
        places: Any = kinds[positions.kind]
        return cls(Embedding._unpacked(tokens), places._unpacked(positions), scale=file.settings["scale"])
