"""Just enough of Cassandra's native protocol (version 4) to make order after tests, without Petrel's help."""

import socket
import struct

PORT = 9042
TIMEOUT_S = 60
STARTUP, QUERY = 0x01, 0x07
ERROR = 0x00
QUORUM = 0x0004


class CqlError(Exception):
    """The engine refused."""


def execute(host: str, *statements: str):
    """Runs statements that answer no rows, one after the other, on one connection."""
    with socket.create_connection((host, PORT), timeout=TIMEOUT_S) as connection:
        _ask(connection, STARTUP, struct.pack(">H", 1) + _text("CQL_VERSION") + _text("3.4.5"))
        for statement in statements:
            query = statement.encode()
            _ask(connection, QUERY, struct.pack(">i", len(query)) + query + struct.pack(">HB", QUORUM, 0))


def drop_keyspaces(host: str, *names: str):
    execute(host, *(f'DROP KEYSPACE IF EXISTS "{name}"' for name in names))


def _ask(connection: socket.socket, opcode: int, body: bytes) -> bytes:
    connection.sendall(struct.pack(">BBhBi", 0x04, 0, 0, opcode, len(body)) + body)
    header = _exactly(connection, 9)
    answered, length = struct.unpack(">Bi", header[4:])
    answer = _exactly(connection, length)
    if answered == ERROR:
        code, size = struct.unpack(">iH", answer[:6])
        raise CqlError(f"{code:#06x}: {answer[6 : 6 + size].decode()}")
    return answer


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise CqlError("the connection was closed")
        data += piece
    return data


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
