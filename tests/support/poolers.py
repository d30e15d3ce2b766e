"""A pooler in session mode, as PgBouncer is by default: it refuses options in the request to connect."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENCRYPTION_REQUESTS = (80877103, 80877104)
REFUSAL = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"


@contextmanager
def pooling(socket_path: str) -> Iterator[int]:
    """Yields the port on 127.0.0.1 of a pooler in front of the server that listens on a Unix socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, socket_path), daemon=True).start()
        yield int(listening.getsockname()[1])


def _accept(listening: socket.socket, socket_path: str) -> None:
    with suppress(OSError):  # Closing the listening socket ends the thread.
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, socket_path), daemon=True).start()


def _serve(client: socket.socket, socket_path: str) -> None:
    size, code = struct.unpack("!II", client.recv(8, socket.MSG_WAITALL))
    while code in ENCRYPTION_REQUESTS:
        client.sendall(b"N")
        size, code = struct.unpack("!II", client.recv(8, socket.MSG_WAITALL))
    request = client.recv(size - 8, socket.MSG_WAITALL)
    if b"\0options\0" in b"\0" + request:
        client.sendall(b"E" + struct.pack("!I", len(REFUSAL) + 4) + REFUSAL)
        client.close()
        return
    server = socket.socket(socket.AF_UNIX)
    server.connect(socket_path)
    server.sendall(struct.pack("!II", size, code) + request)
    threading.Thread(target=_pump, args=(server, client), daemon=True).start()
    _pump(client, server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
