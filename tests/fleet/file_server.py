"""A plain server of a few files, to try an emulated handset by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """`files` by path below `/`; `fails` is the status of everything instead, while it is set."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.fails = 0
        self.agents: list[str] = []
        self.put: dict[str, bytes] = {}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.agents.append(self.headers["User-Agent"])
                body = owner.files.get(self.path.lstrip("/"))
                status = owner.fails or (404 if body is None else 200)
                self._say(status, b"" if status != 200 or body is None else body)

            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                owner.put[self.path.lstrip("/")] = self.rfile.read(length)
                self._say(200, b"")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *said: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def file_server() -> Iterator[FileServer]:
    made = FileServer()
    try:
        yield made
    finally:
        made.close()
