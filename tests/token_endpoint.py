"""A token endpoint (OAuth 2, client credentials) over TLS, for tests, which knows one client."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import trustme

CLIENT: Final = "ringboard"
SECRET: Final = "a secret: of the tests & of nobody"  # noqa: S105 - nobody's


@dataclass
class Endpoint:
    """What it answers, and what it was sent."""

    url: str
    token: Callable[[], str]
    status: int = 200
    lasts_s: object = 300
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, login: str, form: str) -> tuple[int, dict[str, Any]]:
        self.forms.append(parse_qs(form))
        name, _, secret = base64.b64decode(login.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(name), unquote_plus(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if self.status != 200:
            return self.status, {"error": SECRET}  # an endpoint may say anything
        return 200, {"access_token": self.token(), "token_type": "Bearer", "expires_in": self.lasts_s}


@contextmanager
def token_endpoint(authority: trustme.CA, token: Callable[[], str]) -> Iterator[Endpoint]:
    """Serve one on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = endpoint.answer(self.headers["Authorization"], form)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    endpoint = Endpoint(f"https://127.0.0.1:{server.server_port}/token", token)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
