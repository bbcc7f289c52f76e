"""The operator's side of a webhook: a real HTTP server that checks every message with the standardwebhooks library."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER_SECRET = "whsec_" + "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="

Says = int | tuple[int, dict[str, str]]
"""A status, perhaps with headers."""


@dataclass
class Receiver:
    """`answer` decides by the event and how often this message came before. `secret` is what it believes."""

    port: int = 0
    secret: str = SECRET
    answer: Callable[[dict[str, Any], int], Says] = lambda _event, _times: 204
    came: list[dict[str, Any]] = field(default_factory=list)
    """Every event whose signature was right, whatever was answered."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    """Those that were answered with success, each once: a repeat is known by its webhook-id."""
    forged: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _under_way: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/werda"

    def took(self, subject: str | None = None) -> list[Any]:
        """What was taken, by the number in its data, of one subject or of all."""
        with self._lock:
            return [event["data"]["n"] for event in self.taken if subject in {None, event["subject"]}]

    def wait(self, count: int, seconds: float = 30) -> None:
        """Until so many messages were taken."""
        deadline = time.monotonic() + seconds
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"{len(self.taken)} of {count} came"
            time.sleep(0.01)

    def receive(self, headers: dict[str, str], body: bytes) -> Says:
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError as problem:
            self.forged.append(str(problem))
            return 401
        name = event["id"]
        with self._lock:
            assert name == headers["webhook-id"]
            self.headers.append(headers)
            times = sum(other["id"] == name for other in self.came)
            self.came.append(event)
            self._under_way[name] = self._under_way.get(name, 0) + 1
            self.most_at_once[name] = max(self.most_at_once.get(name, 0), self._under_way[name])
        try:
            says = self.answer(event, times)
        finally:
            with self._lock:
                self._under_way[name] -= 1
        status = says if isinstance(says, int) else says[0]
        with self._lock:
            if status < 300 and all(other["id"] != name for other in self.taken):
                self.taken.append(event)
        return says


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # the sender was killed in the middle of it
            says = receiver.receive({name.lower(): value for name, value in self.headers.items()}, body)
            status, headers = says if isinstance(says, tuple) else (says, {})
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except ConnectionError:
                pass  # the sender was killed meanwhile

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", port), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
