"""As much of the CQL protocol (version 4) as it takes to ask a node whether it is well."""

import socket
import struct

PORT = 9042
TIMEOUT_S = 2.0
VERSION = 4
OPCODE_ERROR, OPCODE_STARTUP, OPCODE_READY, OPCODE_QUERY, OPCODE_RESULT = 0x00, 0x01, 0x02, 0x07, 0x08
ONE, ALL = 0x0001, 0x0005


def answers(address: str, statement: str, consistency: int) -> bool:
    """Whether the node gives a result, and no error, at that consistency."""
    try:
        with socket.create_connection((address, PORT), TIMEOUT_S) as link:
            link.settimeout(TIMEOUT_S)
            options = {"CQL_VERSION": "3.0.0"}
            body = struct.pack(">H", len(options)) + b"".join(_string(k) + _string(v) for k, v in options.items())
            if _ask(link, OPCODE_STARTUP, body) != OPCODE_READY:
                return False
            text = statement.encode()
            query = struct.pack(">i", len(text)) + text + struct.pack(">HB", consistency, 0)
            return _ask(link, OPCODE_QUERY, query) == OPCODE_RESULT
    except OSError:
        return False


def _string(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()


def _ask(link: socket.socket, opcode: int, body: bytes) -> int:
    """Sends one frame and gives the answer's opcode."""
    link.sendall(struct.pack(">BBhBi", VERSION, 0, 0, opcode, len(body)) + body)
    _, _, _, answer, length = struct.unpack(">BBhBi", _exactly(link, 9))
    _exactly(link, length)
    return answer


def _exactly(link: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = link.recv(size - len(got))
        if not piece:
            raise ConnectionError("closed")
        got += piece
    return got
