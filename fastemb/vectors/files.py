"""What is written to files, checked, as people change vectors by hand."""

from __future__ import annotations

from collections.abc import Collection

from ..io.formats import VectorTable
from ..io.user_attributes import storable
from .editing import as_values
from .interface import KeyedVectorsLike, check_lengths, say_where_keys_stand
from .store import Array, Key, is_integer


def table_of(vectors: KeyedVectorsLike, left_out: Collection[str] = (), derived: Collection[str] = ()) -> VectorTable:
    """Keys, vectors, values of each key and attributes of people's own, of which files can be read again.

    Rows that are reserved at the end are left out. Values of each key get the length that they would get with the next
    change.

    Args:
        vectors: Whose.
        left_out: Names of attributes that are not written.
        derived: Names of values of each key that are not written.

    Raises:
        ValueError: Vectors, ``index_to_key``, ``key_to_index`` and values of each key do not fit together.
        TypeError: The name of a value of each key is no str, or the row of a key is no whole number.
    """
    count = _checked_count(vectors)
    keys = vectors.index_to_key[:count]
    return VectorTable(
        keys,
        vectors.vectors[:count],
        {name: values[:count] for name, values in _values(vectors).items() if name not in derived},
        storable(type(vectors), {name: value for name, value in vars(vectors).items() if name not in left_out}),
    )


def _checked_count(vectors: KeyedVectorsLike) -> int:
    """How many rows have a key; the others come after them."""
    keys, rows, have = vectors.index_to_key, vectors.key_to_index, len(vectors.vectors)
    check_lengths(vectors)
    wrong = [key for key, row in rows.items() if not is_integer(row)] if set(map(type, rows.values())) - {int} else []
    if wrong:
        raise TypeError(f"key_to_index[{wrong[0]!r}] must be the number of a row, not {rows[wrong[0]]!r}: assign that")
    count = len(keys)
    while count and keys[count - 1] is None:
        count -= 1
    if vectors.vectors[count:].any():
        raise ValueError(f"rows {count} to {have - 1} have vectors, but no key: assign index_to_key or fewer vectors")
    if not say_where_keys_stand(rows, keys[:count]):
        raise ValueError(_disagreement(keys[:count], rows))
    return count


def check_text(keys: Collection[Key]) -> None:
    """Check that keys differ as text, too, as which some formats hold them.

    Raises:
        ValueError: Two do not, such as 1 and "1".
    """
    if len(set(map(type, keys))) < 2:
        return
    alike: dict[str, Key] = {}
    for key in keys:
        other = alike.setdefault(str(key), key)
        if other is not key:
            raise ValueError(f"the keys {other!r} and {key!r} are written alike: rename one")


def _disagreement(keys: list[Key], rows: dict[Key, int]) -> str:
    start = "index_to_key and key_to_index do not agree, assign both: "
    for row, key in enumerate(keys):
        if key is None:
            return f"row {row} has no key in index_to_key: assign one"
        if rows.get(key) != row:
            other = f"row {rows[key]}" if key in rows else "no row"
            return f"{start}{key!r} has row {row} in the one and {other} in the other"
    known = set(keys)
    return f"{start}{next(key for key in rows if key not in known)!r} is in key_to_index only"


def _values(vectors: KeyedVectorsLike) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, values in vectors.expandos.items():
        if not isinstance(name, str):
            raise TypeError(f"attributes in expandos must have a str as their name to be saved, not {name!r}")
        found[name] = vectors._store.fitted(as_values(name, values), vectors.index_to_key)
    return found
