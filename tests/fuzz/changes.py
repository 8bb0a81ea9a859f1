"""Changes inside of files, which changes of single bytes hardly reach: behind lengths, checksums and packing."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

Change = Callable[[bytes], bytes]

_FIELDS = {  # of the records of a zip archive: where each begins, and how long it is
    b"PK\x03\x04": ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 8)),
    b"PK\x01\x02": ((6, 2), (8, 2), (10, 2), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4), (46, 8)),
    b"PK\x05\x06": ((4, 4), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}
_NUMBERS = (0, 1, 2, 8, 9, 12, 14, 0x800, 0x20, 0x41, 0x92, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
_FOOTERS = {b"PAR1": 8, b"ARROW1": 10}  # what a file ends with, and how many bytes before its end the footer ends


def changed_inside(data: bytes, number: int, change: Change) -> bytes | None:
    """A file that differs inside, in a way that ``number`` chooses; None where nothing is known of its inside.

    Args:
        data: The file.
        number: Any number.
        change: Changes any bytes.
    """
    draw = random.Random(number)
    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.compress(change(gzip.decompress(data)), 1, mtime=0)
        if data[:2] == b"PK":
            return _field_changed(data, draw) if draw.random() < 0.5 else _member_changed(data, draw, change)
        if data[:4] in (b"PAR1", b"ARRO"):
            return _footer_changed(data, change)
        if data[8:9] == b"{":
            return _header_changed(data, draw, change)
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error, MemoryError):
        pass
    return None


def _field_changed(data: bytes, draw: random.Random) -> bytes | None:
    """One number of the records of a zip archive is another one."""
    places = [
        (at + begin, length)
        for mark, fields in _FIELDS.items()
        for at in range(len(data))
        if data.startswith(mark, at)
        for begin, length in fields
    ]
    if not places:
        return None
    at, length = draw.choice(places)
    value = draw.choice((*_NUMBERS, draw.getrandbits(32), int.from_bytes(data[at : at + length], "little") ^ 1))
    return data[:at] + (value % (1 << 8 * length)).to_bytes(length, "little") + data[at + length :]


def _member_changed(data: bytes, draw: random.Random, change: Change) -> bytes | None:
    """One file of a zip archive is another one, of the right length and checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [info.filename for info in archive.infolist() if info.file_size < 1 << 16]
        files = {name: archive.read(name) for name in names}
    if not files:
        return None
    chosen = draw.choice(sorted(files))
    packing = draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), change(content) if name == chosen else content, packing)
    return made.getvalue()


def _footer_changed(data: bytes, change: Change) -> bytes | None:
    """The description at the end of a file of Parquet or Arrow."""
    for mark, behind in _FOOTERS.items():
        end = len(data) - behind
        if data.endswith(mark) and end > 0:
            length = int.from_bytes(data[end : end + 4], "little")
            if 0 < length <= end:
                footer = change(data[end - length : end])
                return data[: end - length] + footer + len(footer).to_bytes(4, "little") + mark
    return None


def _header_changed(data: bytes, draw: random.Random, change: Change) -> bytes | None:
    """The header of safetensors: mostly one value in its JSON."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data):
        return None
    header = data[8 : 8 + length]
    changed = _json_changed(header, draw) if draw.random() < 0.5 else change(header)
    return len(changed).to_bytes(8, "little") + changed + data[8 + length :]


def _json_changed(header: bytes, draw: random.Random) -> bytes:
    """One value somewhere in a header is another one, also within the JSON that is a text there."""
    others = [None, True, -1, 0, 1, 2**31, 2**62 + 1, 2**64, 1.5, float("nan"), "x", "", [], {}, [1], [-1, 3], {"a": 1}]

    def other(value: object) -> object:
        if isinstance(value, dict) and value and draw.random() < 0.9:
            key = draw.choice(sorted(value))
            if draw.random() < 0.1:
                return {k: v for k, v in value.items() if k != key}
            return value | {key: other(value[key])}
        if isinstance(value, list) and value and draw.random() < 0.8:
            at = draw.randrange(len(value))
            return [*value[:at], other(value[at]), *value[at + 1 :]]
        if isinstance(value, str) and value[:1] in ("{", "[") and draw.random() < 0.9:
            return json.dumps(other(json.loads(value)))
        return draw.choice(others)

    return json.dumps(other(json.loads(header))).encode()
