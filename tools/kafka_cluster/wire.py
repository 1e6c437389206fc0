"""As much of Kafka's protocol as it takes to know that a broker is ready: producer ids, and who is in the cluster."""
import socket
import struct

METADATA, INIT_PRODUCER_ID = 3, 22
CLIENT = b"granary-probe"


def _ask(port: int, key: int, version: int, body: bytes, seconds: float) -> bytes:
    header = struct.pack(">hhih", key, version, 1, len(CLIENT)) + CLIENT
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        size = struct.unpack(">i", _take(connection, 4))[0]
        return _take(connection, size)[4:]


def _take(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("the broker closed the connection")
        data += more
    return data


def gives_producer_ids(port: int, seconds: float = 2.0) -> bool:
    """An idempotent producer could start here now: the broker has its block of ids from the controller."""
    try:
        answer = _ask(port, INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 60000), seconds)
        return struct.unpack(">ih", answer[:6])[1] == 0
    except (OSError, struct.error):
        return False


def brokers_seen(port: int, seconds: float = 2.0) -> int:
    """How many living brokers this one knows; 0 when it doesn't answer."""
    try:
        answer = _ask(port, METADATA, 1, struct.pack(">i", 0), seconds)
        return struct.unpack(">i", answer[:4])[0]
    except (OSError, struct.error):
        return 0
