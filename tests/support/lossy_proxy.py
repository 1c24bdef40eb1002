"""Stands between a client and a REST catalog, and spoils the answers to commits."""

import contextlib
import enum
import socket
import ssl
import threading
from collections.abc import Callable


class Fate(enum.Enum):
    """What becomes of a commit."""

    HONEST = "honest"
    LOST_BEFORE = "lost before the server sees it"
    LOST_AFTER = "done, and its answer lost"
    TRUNCATED = "done, and half of its answer lost"


class LossyProxy:
    """Forwards connections. `fate(n)` says what becomes of the n-th commit, from 0. With `tls` it
    is a server of https."""

    def __init__(
        self,
        port: int,
        fate: Callable[[int], Fate] = lambda _: Fate.HONEST,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._target = ("127.0.0.1", port)
        self._fate = fate
        self._tls = tls
        self._lock = threading.Lock()
        self.commits = 0
        self.spoilt = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def uri(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def __enter__(self) -> "LossyProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            while request := _read_message(client):
                fate = self._fate_of(request)
                if fate is Fate.LOST_BEFORE:
                    return
                with socket.create_connection(self._target) as server:
                    server.sendall(request)
                    answer = _read_message(server, request.startswith(b"HEAD "))
                if fate is Fate.LOST_AFTER:
                    return
                if fate is Fate.TRUNCATED:
                    client.sendall(answer[: len(answer) // 2])
                    return
                client.sendall(answer)

    def _fate_of(self, request: bytes) -> Fate:
        # A commit names its table; a creation ends with "/tables".
        path = request.split(b" ", 2)[1]
        if not (request.startswith(b"POST ") and b"/tables/" in path):
            return Fate.HONEST
        with self._lock:
            fate = self._fate(self.commits)
            self.commits += 1
            self.spoilt += fate is not Fate.HONEST
        return fate


def _read_message(connection: socket.socket, is_without_body: bool = False) -> bytes:
    """One request or answer, whole; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.lower().split(b"\r\n")
    fields = dict(line.split(b":", 1) for line in lines[1:])
    if is_without_body or lines[0].split()[1] in (b"204", b"304"):
        return data
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while not body.endswith(b"0\r\n\r\n"):
            body += _more(connection)
    else:
        length = int(fields.get(b"content-length", b"0"))
        while len(body) < length:
            body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise OSError("the connection ended within a message")
    return data
