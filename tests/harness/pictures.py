"""Pictures made on the spot."""

import struct
import zlib


def png(width: int = 32, height: int = 24, shade: int = 128) -> bytes:
    """A gradient."""
    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (x * 255 // width, y * 255 // height, shade))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
