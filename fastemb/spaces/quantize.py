"""Vectors in fewer bits, and what is lost by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, switch
from ..io.quantised import CENTROIDS, Int8Rows, ProductRows, QuantisedRows, as_array, precision_of
from ..signals import slices
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.finite import check_finite
from ..vectors.interface import check_lengths
from ..vectors.norms import row_norms, scaled
from ..vectors.store import Array, Key
from .kept import drawn, neighbours_kept
from .product_quantiser import product_rows

Precision = Literal["float16", "int8", "pq"]
Floats = NDArray[np.float32]

PRECISIONS: tuple[Precision, ...] = ("float16", "int8", "pq")
SAMPLE = 65_536  # 256 vectors for a centroid, as fastText and faiss take
_PART_ROWS = 1 << 14
_LARGEST = 127  # int8, so that a number and its opposite are both there


@names_arguments()
@dataclass(frozen=True)
class QuantizationLoss:
    """What was lost by quantising vectors: what `KeyedVectors.quantization_loss` returns.

    Attributes:
        precision: What they are stored in now, such as "int8".
        neighbours_kept: Share of the ``k`` nearest keys of a key that are still among its ``k`` nearest (recall@k).
        k: How many neighbours were compared.
        keys: Of how many keys, drawn at random.
        mean_cosine: Of old and new vectors of these keys; 1 is no loss. Vectors of zeros are left out.
        bytes_before: What the vectors took before, without their keys.
        bytes_after: What they take now.
    """

    precision: str
    neighbours_kept: float
    k: int
    keys: int
    mean_cosine: float
    bytes_before: int
    bytes_after: int

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        before, after = self.bytes_before / 1e6, self.bytes_after / 1e6
        times = self.bytes_before / max(1, self.bytes_after)
        of = f"{self.keys:,} keys" if self.keys != 1 else "1 key"
        return (
            f"{self.precision}: {before:,.1f} MB became {after:,.1f} MB ({times:.1f} times smaller); recall@{self.k} "
            f"{self.neighbours_kept:.3f} (the {self.k} nearest of {of}); mean cosine with the old vectors "
            f"{self.mean_cosine:.4f}"
        )


def quantize(
    self: KeyedVectors,
    precision: Precision = "int8",
    *,
    subvectors: int | None = None,
    norms: bool | None = None,
    sample: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
) -> KeyedVectors:
    """Return the same vectors in fewer bits, which answer the same questions almost the same.

    ``most_similar``, analogies, ``wv[key]``, `save`, and `load` with ``mmap``, work on the small vectors as they are.
    What changes vectors does not: `dequantize` first. `quantization_loss` says what was lost.

    Args:
        precision: "float16": half the bytes of float32. "int8" (the default): a quarter, each row with a factor of its
            own. "pq": product quantisation; each of the ``subvectors`` becomes a byte, the number of one of 256
            centroids, which k-means finds.
        subvectors: For "pq", parts that a vector is cut into, and bytes that it takes; the dimensions must be a
            multiple of it. More keep more. Default None: parts of two numbers, or of one where the dimensions are odd.
        norms: For "pq", whether lengths are quantised by themselves, to one of 256, and directions apart from them;
            it takes one byte more a vector. Default None: yes.
        sample: For "pq", vectors that k-means sees, drawn at random. Default None: 65,536.
        seed: For "pq", of that sample and of the first centroids. Default None: 1.
        workers: For "pq", threads. Default None: one for each CPU that the process may use.

    Returns:
        A `KeyedVectors` with the same keys and attributes.

    Raises:
        ValueError: ``precision`` is another; an argument is given that it does not take; the vectors are quantised
            already; a vector holds NaN, infinity or numbers that are too large; the dimensions are no multiple of
            ``subvectors``; or there are fewer than 256 vectors for "pq", or no vectors.
        TypeError: ``subvectors``, ``sample``, ``seed`` or ``workers`` is no whole number, or ``norms`` no bool.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(map(repr, PRECISIONS))}, not {precision!r}")
    check_lengths(self)
    given = {"subvectors": subvectors, "norms": norms, "sample": sample, "seed": seed, "workers": workers}
    if precision != "pq":
        for name, value in given.items():
            if value is not None:
                raise ValueError(f"{name}= is for precision='pq': leave it out for {precision!r}")
    if isinstance(self.vectors, QuantisedRows):
        raise ValueError(
            f"these vectors are quantised to {self.vectors.precision} already: quantise those that they were made of, "
            "or what dequantize() makes, and the losses add up"
        )
    if 0 in self.vectors.shape:
        raise ValueError("there are no vectors to quantise")
    check_finite(self.index_to_key, self.vectors)
    if precision == "float16":
        return _with(self, _halves(self))
    if precision == "int8":
        return _with(self, as_array(_int8_rows(self)))
    return _with(self, as_array(_product_rows(self, given)))


def dequantize(self: KeyedVectors) -> KeyedVectors:
    """Return a copy with vectors of float32, or of float64 where they are that, which can be changed and trained on.

    The precision that was lost by `quantize` does not come back.
    """
    check_lengths(self)
    return _with(self, np.array(self.vectors, np.result_type(self.vectors.dtype, np.float32), order="C"))


def quantization_loss(
    self: KeyedVectors, quantized: KeyedVectors, *, k: int = 10, keys: int = 1000, seed: int = 0
) -> QuantizationLoss:
    """Measure what was lost from these vectors to ``quantized`` ones: of `quantize`, or read from a file.

    Args:
        quantized: The vectors in fewer bits, with the same keys.
        k: How many nearest keys are compared.
        keys: Of how many keys, drawn at random; all others are searched.
        seed: Of the draw.

    Returns:
        A `QuantizationLoss`; ``print`` shows it as a line.

    Raises:
        ValueError: The two have other keys or dimensions; there are fewer than two keys; or ``k`` or ``keys`` is less
            than 1.
        TypeError: ``quantized`` is no `KeyedVectors`, or a number is no whole number.
    """
    if not isinstance(quantized, KeyedVectors):
        raise TypeError(f"quantized must be KeyedVectors, as quantize() makes them, not {type(quantized).__name__}")
    k, keys, seed = integer("k", k, 1), integer("keys", keys, 1), integer("seed", seed, 0)
    for vectors in (self, quantized):
        check_lengths(vectors)
    if self.index_to_key != quantized.index_to_key or self.vector_size != quantized.vector_size:
        raise ValueError("the quantised vectors have other keys or dimensions than these, so they were made of others")
    known: list[Key] = list(self)
    if len(known) < 2:
        raise ValueError(f"there must be at least two keys, whose neighbours are compared, not {len(known)}")
    k, chosen = min(k, len(known) - 1), drawn(known, keys, seed)
    return QuantizationLoss(
        precision=precision_of(quantized.vectors),
        neighbours_kept=neighbours_kept(self, quantized, chosen, k),
        k=k,
        keys=len(chosen),
        mean_cosine=_mean_cosine(self[chosen], quantized[chosen]),
        bytes_before=self.vectors.nbytes,
        bytes_after=quantized.vectors.nbytes,
    )


def _mean_cosine(before: Array, after: Array) -> float:
    """Of rows (k, d) that are not zeros before; 1 where all are."""
    old, new = before.astype(np.float64), after.astype(np.float64)
    lengths = row_norms(old)
    scaled(old, lengths)
    scaled(new, row_norms(new))
    cosines = np.einsum("nd,nd->n", old, new)[lengths > 0]
    return float(cosines.mean()) if len(cosines) else 1.0


def _with(vectors: KeyedVectors, rows: Array) -> KeyedVectors:
    """The same keys and attributes, also those that users set, with other vectors."""
    made = KeyedVectors(vectors.vector_size)
    made.vectors = rows
    made.index_to_key, made.key_to_index = list(vectors.index_to_key), dict(vectors.key_to_index)
    made.expandos = {name: values.copy() for name, values in vectors.expandos.items()}
    made.next_index = vectors.next_index
    vars(made).update({name: value for name, value in vars(vectors).items() if name not in vars(made)})
    return made


def _halves(vectors: KeyedVectors) -> Array:
    made = np.empty(vectors.vectors.shape, np.float16)
    with np.errstate(over="ignore"):
        for part in slices(len(made), _PART_ROWS):
            made[part] = vectors.vectors[part]
            _require(np.isfinite(made[part]).all(axis=1), vectors, part, "float16")
    return made


def _int8_rows(vectors: KeyedVectors) -> Int8Rows:
    codes = np.empty(vectors.vectors.shape, np.int8)
    scale = np.empty(len(codes), np.float32)
    for part in slices(len(codes), _PART_ROWS):
        values = vectors.vectors[part].astype(np.float64)
        with np.errstate(over="ignore", under="ignore"):
            scale[part] = np.abs(values).max(axis=1) / _LARGEST
        _require(np.isfinite(scale[part]), vectors, part, "int8")
        factors = scale[part].astype(np.float64)[:, np.newaxis]
        whole = np.divide(values, factors, out=np.zeros_like(values), where=factors > 0)
        codes[part] = np.clip(np.rint(whole), -_LARGEST, _LARGEST)
    return Int8Rows(codes, scale)


def _product_rows(vectors: KeyedVectors, given: Mapping[str, Any]) -> ProductRows:
    count, size = vectors.vectors.shape
    parts = given["subvectors"]
    parts = (size if size % 2 else size // 2) if parts is None else integer("subvectors", parts, 1)
    if size % parts:
        fitting = [number for number in range(1, size + 1) if size % number == 0]
        near = sorted(sorted(fitting, key=lambda number: abs(number - parts))[:4])
        raise ValueError(
            f"{size} dimensions cannot be cut into {parts} subvectors of the same size: give subvectors="
            f"{' or '.join(map(str, near))}"
        )
    if count < CENTROIDS:
        raise ValueError(
            f"precision='pq' needs {CENTROIDS} vectors at least, as many as it has centroids, and there are {count}: "
            "use 'int8'"
        )
    sample = SAMPLE if given["sample"] is None else integer("sample", given["sample"], CENTROIDS)
    for part in slices(count, _PART_ROWS):
        with np.errstate(over="ignore"):
            norms = row_norms(vectors.vectors[part].astype(np.float32))
            _require(np.isfinite(norms), vectors, part, "pq")
    return product_rows(
        vectors.vectors,
        parts,
        lengths=True if given["norms"] is None else switch("norms", given["norms"]),
        sample=sample,
        seed=1 if given["seed"] is None else integer("seed", given["seed"], 0),
        workers=thread_count(given["workers"]),
    )


def _require(fits: Any, vectors: KeyedVectors, part: slice, precision: str) -> None:
    """Check that all numbers of these rows fit."""
    if not fits.all():
        key = vectors.index_to_key[part.start + int(fits.argmin())]
        raise ValueError(f"{precision} cannot hold the vector of {key!r}: its numbers are too large")
