"""Vectors that are stored in fewer bits than float32: codes, from which rows are made as they are asked for.

Such rows stand in for an array (n, d) of float32: they have its shape, its length and its rows, and whatever calls
`numpy.asarray` gets all of them. A slice is a view; a product with a vector is made a part at a time. They cannot be
changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NoReturn, Self, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..signals import slices

Array = NDArray[Any]
Floats = NDArray[np.float32]

CENTROIDS = 256
"""Of a part of the vectors: a number that takes a byte."""

_PART_VALUES = 1 << 20  # unpacked at once
_REMEDY = "dequantize() makes vectors of float32 of them"


class QuantisedRows(ABC):
    """Rows (n, d) that are made of codes.

    Attributes:
        precision: What `KeyedVectors.quantize` calls this kind.
        codes: (n, numbers a row), of 8 bits.
    """

    precision: ClassVar[str]
    codes: Array
    dtype = np.dtype(np.float32)
    itemsize = dtype.itemsize
    ndim = 2

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """How many rows, and their dimensions."""

    @property
    @abstractmethod
    def centroids(self) -> Floats | None:
        """What codes stand for, (numbers a row, 256, width); None where they are the values themselves."""

    @abstractmethod
    def factors(self, index: Any = slice(None)) -> Floats | None:
        """By which the values of each of these rows are multiplied, (k,); None: by 1."""

    @abstractmethod
    def tensors(self) -> dict[str, Array]:
        """The arrays of which `read_rows` makes the same rows."""

    @abstractmethod
    def __getitem__(self, index: Any) -> Any:
        """One row (d,) or several (k, d) as arrays; of a slice rows of the same kind, which share the memory."""

    @abstractmethod
    def reordered(self, order: NDArray[np.intp]) -> Self:
        """The rows of these numbers, as rows of the same kind."""

    @property
    def base(self) -> Array:
        """Where the memory is, as of an array that is a view."""
        return self.codes

    @property
    def nbytes(self) -> int:
        """Bytes of all that is stored."""
        return sum(array.nbytes for array in self.tensors().values())

    def __len__(self) -> int:
        return len(self.codes)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """All rows as an array of their own."""
        if copy is False:
            raise ValueError("quantised vectors become an array only by a copy")
        made = np.empty(self.shape, self.dtype if dtype is None else dtype)
        for part in self._parts():
            made[part] = self._unpacked(part)
        return made

    def __matmul__(self, other: Array) -> Array:
        """Products of all rows with a vector (d,) or a matrix (d, k)."""
        made = np.empty((len(self), *other.shape[1:]), np.result_type(self.dtype, other))
        for part in self._parts():
            made[part] = self._unpacked(part) @ other
        return made

    def astype(self, dtype: DTypeLike, *, copy: bool = True) -> Array:
        """All rows as an array of this dtype, which is always one of its own."""
        return np.asarray(self, dtype)

    def any(self) -> bool:
        """Whether some value is not 0."""
        return any(bool(self._unpacked(part).any()) for part in self._parts())

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError(f"quantised vectors cannot be changed: {_REMEDY}, which can")

    def __getattr__(self, name: str) -> NoReturn:
        hint = "" if name.startswith("_") else f": {_REMEDY}, or numpy.asarray(vectors) an array"
        raise AttributeError(f"quantised vectors have no attribute {name!r}{hint}", name=name, obj=self)

    def __repr__(self) -> str:
        return f"<{len(self):,} vectors of {self.shape[1]} dimensions, quantised to {self.precision}>"

    def _parts(self) -> Any:
        return slices(len(self), max(1, _PART_VALUES // max(1, self.shape[1])))

    def _unpacked(self, index: Any) -> Floats:
        """Rows of a slice, or of an array of numbers or of bool, (k, d)."""
        values = self._values(self.codes[index])
        factors = self.factors(index)
        return values if factors is None else np.multiply(values, factors[:, np.newaxis], out=values)

    @abstractmethod
    def _values(self, codes: Array) -> Floats:
        """What these codes (k, numbers a row) stand for, (k, d), before it is multiplied by factors."""

    def _chosen(self, index: Any) -> Any:
        """As `__getitem__`, of anything but a slice."""
        if isinstance(index, int | np.integer) and not isinstance(index, bool | np.bool_):
            at = range(len(self))[index]  # raises what a list does
            return self._unpacked(slice(at, at + 1))[0]
        if isinstance(index, list | np.ndarray) and np.ndim(index) == 1:
            return self._unpacked(np.asarray(index, np.intp) if len(index) == 0 else np.asarray(index))
        if isinstance(index, tuple) and index and isinstance(index[0], int | np.integer):
            return self[index[0]][index[1:]]
        if isinstance(index, tuple) and index and isinstance(index[0], slice):
            return np.asarray(self[index[0]])[(slice(None), *index[1:])]
        return np.asarray(self)[index]


class Int8Rows(QuantisedRows):
    """Rows of whole numbers from -127 to 127, each row times its factor."""

    precision = "int8"

    def __init__(self, codes: NDArray[np.int8], scale: Floats) -> None:
        self.codes = codes
        self.scale = scale

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and their dimensions."""
        return self.codes.shape[0], self.codes.shape[1]

    @property
    def centroids(self) -> None:
        """None: the codes are the values."""
        return None

    def factors(self, index: Any = slice(None)) -> Floats:
        """Of each row, (k,)."""
        found: Floats = self.scale[index]
        return found

    def tensors(self) -> dict[str, Array]:
        """The codes and the factors."""
        return {"vectors": self.codes, "vectors.scale": self.scale}

    def __getitem__(self, index: Any) -> Any:
        """A row, rows, or a view of rows."""
        return Int8Rows(self.codes[index], self.scale[index]) if isinstance(index, slice) else self._chosen(index)

    def reordered(self, order: NDArray[np.intp]) -> Self:
        """The rows of these numbers."""
        return type(self)(self.codes[order], self.scale[order])

    def _values(self, codes: Array) -> Floats:
        return codes.astype(np.float32)


class ProductRows(QuantisedRows):
    """Rows of parts that are centroids (product quantisation, Jegou et al. 2011), times one of 256 lengths.

    Args:
        codes: (n, parts), which centroid each part is.
        centroids: (parts, 256, width); parts x width are the dimensions.
        length_codes: (n,), which of the lengths each row has; or None: 1.
        lengths: (256,), or None.
    """

    precision = "pq"

    def __init__(
        self,
        codes: NDArray[np.uint8],
        centroids: Floats,
        length_codes: NDArray[np.uint8] | None = None,
        lengths: Floats | None = None,
    ) -> None:
        self.codes = codes
        self.length_codes = length_codes
        self.lengths = lengths
        self._centroids = centroids

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and their dimensions."""
        return len(self.codes), self._centroids.shape[0] * self._centroids.shape[2]

    @property
    def centroids(self) -> Floats:
        """What the codes stand for, (parts, 256, width)."""
        return self._centroids

    def factors(self, index: Any = slice(None)) -> Floats | None:
        """The length of each row, (k,); or None."""
        if self.length_codes is None or self.lengths is None:
            return None
        found: Floats = self.lengths[self.length_codes[index]]
        return found

    def tensors(self) -> dict[str, Array]:
        """Codes and centroids of the parts, and of the lengths."""
        made: dict[str, Array] = {"vectors": self.codes, "vectors.centroids": self._centroids}
        if self.length_codes is not None and self.lengths is not None:
            made |= {"vectors.length_codes": self.length_codes, "vectors.lengths": self.lengths}
        return made

    def __getitem__(self, index: Any) -> Any:
        """A row, rows, or a view of rows."""
        return self._of(index) if isinstance(index, slice) else self._chosen(index)

    def reordered(self, order: NDArray[np.intp]) -> Self:
        """The rows of these numbers."""
        return self._of(order)

    def _of(self, index: Any) -> Self:
        length_codes = None if self.length_codes is None else self.length_codes[index]
        return type(self)(self.codes[index], self._centroids, length_codes, self.lengths)

    def _values(self, codes: Array) -> Floats:
        made: Floats = self._centroids[np.arange(self._centroids.shape[0]), codes]
        return made.reshape(len(codes), self.shape[1])


def as_array(rows: QuantisedRows) -> Floats:
    """The same, for type checkers: rows that stand in for an array."""
    return cast(Floats, rows)


def precision_of(vectors: Array) -> str:
    """What vectors are stored in: "int8", "pq", or the name of their dtype."""
    return vectors.precision if isinstance(vectors, QuantisedRows) else str(vectors.dtype)


def read_rows(precision: str, tensors: dict[str, Array]) -> QuantisedRows:
    """Rows of the arrays that `QuantisedRows.tensors` gave.

    Raises:
        ValueError: An array is missing or does not fit the others; the message says which.
    """
    codes = tensors.get("vectors")
    if precision == Int8Rows.precision:
        scale = tensors.get("vectors.scale")
        if not _fits(codes, np.int8, 2) or codes is None:
            raise ValueError("the int8 vectors are missing")
        if not _fits(scale, np.float32, 1) or scale is None or len(scale) != len(codes):
            raise ValueError(f"the scales of the int8 vectors are missing or do not fit the {len(codes)} rows")
        _require_finite(scale, "scales")
        return Int8Rows(codes, scale)
    if precision == ProductRows.precision:
        centroids = tensors.get("vectors.centroids")
        if not _fits(codes, np.uint8, 2) or codes is None:
            raise ValueError("the codes of the vectors are missing")
        if not _fits(centroids, np.float32, 3) or centroids is None or centroids.shape[:2] != (codes.shape[1], 256):
            raise ValueError(f"the centroids are missing or do not fit the {codes.shape[1]} codes of a row")
        _require_finite(centroids, "centroids")
        length_codes, lengths = tensors.get("vectors.length_codes"), tensors.get("vectors.lengths")
        if length_codes is None and lengths is None:
            return ProductRows(codes, centroids)
        if not _fits(length_codes, np.uint8, 1) or length_codes is None or len(length_codes) != len(codes):
            raise ValueError(f"the codes of the lengths are missing or do not fit the {len(codes)} rows")
        if not _fits(lengths, np.float32, 1) or lengths is None or len(lengths) != CENTROIDS:
            raise ValueError(f"the lengths are missing or are not {CENTROIDS}")
        _require_finite(lengths, "lengths")
        return ProductRows(codes, np.ascontiguousarray(centroids), length_codes, lengths)
    raise ValueError(f"the vectors are quantised in a way that is unknown here: {precision!r}")


def _fits(array: Array | None, dtype: DTypeLike, dimensions: int) -> bool:
    return array is not None and array.dtype == dtype and array.ndim == dimensions


def _require_finite(values: Array, name: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(f"the {name} of the quantised vectors hold NaN or infinity")
