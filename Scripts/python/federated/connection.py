"""HTTP to a server: one connection that is kept, and patience while the server is away."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .errors import ClientError

Answer = TypeVar("Answer")
# Uploads, and answers with a model, take at most so long.
MODEL_SECONDS = 300.0
MESSAGE_SECONDS = 30.0


class Refusal(Exception):
    """The server does not want it: a code for programs and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Away(Exception):
    """Nobody answers, or not now: it may be worth trying again."""

    def __init__(self, reason: str, after: float = 0) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True)
class Address:
    """Where a server is."""

    secure: bool
    host: str
    port: int
    path: str
    text: str

    @staticmethod
    def parse(text: str) -> Address:
        """An address like "https://federation.example:9103", or with a proxy's path."""
        def fail(reason: str) -> ClientError:
            return ClientError(f"{text!r} is no server's address: {reason}")
        try:
            parts = urlsplit(text)
            port = parts.port
        except (AttributeError, TypeError, ValueError) as error:
            raise fail("expected http://HOST:PORT or https://HOST:PORT") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise fail("expected http://HOST:PORT or https://HOST:PORT")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise fail("a token comes by token=…, and nothing stands behind the path")
        path = parts.path.rstrip("/")
        secure = parts.scheme == "https"
        port = port or (9103 if not path else 443 if secure else 80)
        return Address(secure, parts.hostname, port, path, f"{parts.scheme}://{parts.netloc}{path}")


def read_token(token: str | os.PathLike | None) -> str | None:
    """A token, or the one line of the file that a path names."""
    if token is None:
        return None
    if isinstance(token, os.PathLike):
        path = Path(token)
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise ClientError(f"the token's file {path} can be read by others: chmod 600 {path}")
            token = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClientError(f"the token's file {path} cannot be read: {error}") from error
    if not token or len(token) > 512 or not all("!" <= letter <= "~" for letter in token):
        raise ClientError("the token is empty, too long or has a space in it: expected 1 to 512 "
                          "printable characters")
    return token


class Connection:
    """Requests one after the other on a connection of their own."""

    def __init__(self, address: Address, token: str | None, ca: str | os.PathLike | None) -> None:
        self.address, self.token, self.ca = address, token, ca
        self._context: ssl.SSLContext | None = None
        self._http: http.client.HTTPConnection | None = None
        if address.secure:
            try:
                self._context = ssl.create_default_context(cafile=os.fspath(ca) if ca else None)
            except (OSError, ssl.SSLError) as error:
                raise ClientError(f"the certificates in {ca} cannot be used: {error}") from error

    def another(self) -> Connection:
        """One to the same server, for another thread."""
        return Connection(self.address, self.token, self.ca)

    def close(self) -> None:
        if self._http:
            self._http.close()
            self._http = None

    def exchange(
        self, method: str, path: str, body: Any = None, *, seconds: float = MESSAGE_SECONDS,
        kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The answer's status and bytes: 2xx or 304.

        Raises Refusal, Away, or ClientError where there is no use in trying again."""
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = kind
        try:
            connection = self._open(seconds)
            connection.request(method, self.address.path + path, body, sent)
            response = connection.getresponse()
            data = response.read()
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise ClientError(f"cannot talk to {self.address.text}: its certificate is not trusted "
                              f"({error.verify_message}): name the file that signed it by ca=…") from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Away(str(error) or type(error).__name__) from error
        except BaseException:  # an interrupt leaves half an answer behind
            self.close()
            raise
        if response.will_close:
            self.close()
        if 200 <= response.status < 300 or response.status == 304:
            return response.status, data
        raise self._refusal(response, data, path)

    def message(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """An answer in JSON, to a question that may be in JSON."""
        sent = None if body is None else json.dumps(body).encode()
        _, data = self.exchange(method, path, sent, **more)
        if not data:
            return None
        try:
            return json.loads(data)
        except ValueError as error:
            raise ClientError(f"{self.address.text} is no federation's server: it answers {path} by "
                              f"{data[:40]!r}") from error

    def _open(self, seconds: float) -> http.client.HTTPConnection:
        if self._http is None:
            host, port = self.address.host, self.address.port
            self._http = (http.client.HTTPSConnection(host, port, timeout=seconds, context=self._context)
                          if self._context else http.client.HTTPConnection(host, port, timeout=seconds))
            self._http.blocksize = 1 << 20
        if self._http.sock is None:
            self._http.timeout = min(seconds, 10)
            self._http.connect()
            self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._http.sock.settimeout(seconds)
        return self._http

    def _refusal(self, response: http.client.HTTPResponse, data: bytes, path: str) -> Exception:
        status = response.status
        try:
            error = json.loads(data)
            code, message = str(error["code"]), str(error["message"])
        except (KeyError, TypeError, ValueError):
            code, message = "", f"it answers {status} to {path}"
        if status >= 500 or status in (408, 429):
            try:
                after = float(response.headers.get("Retry-After", 0))
            except ValueError:
                after = 0.0
            return Away(message, after)
        if not code and status == 413:
            return ClientError(f"a proxy before {self.address.text} takes no body of that size (413): "
                               "raise its limit")
        if not code and status != 404:
            return ClientError(f"{self.address.text} is no federation's server: {message}")
        return Refusal(status, code or "not_found", message)


class Patience:
    """Tries again while a server is away, longer apart each time."""

    def __init__(self, address: Address, seconds: float, tell: Callable[[str], None]) -> None:
        self.address, self.seconds, self.tell = address, seconds, tell

    def answer(self, attempt: Callable[[], Answer]) -> Answer:
        """The first attempt's answer that there is; what it raises but Away ends it."""
        since: float | None = None
        pause = 0.05
        while True:
            try:
                result = attempt()
            except Away as error:
                now = time.monotonic()
                if since is None:
                    since = now
                    self.tell(f"the server is away: {error}")
                left = self.seconds - (now - since)
                if left <= 0:
                    raise ClientError(f"no answer from {self.address.text} for {now - since:.0f} s: "
                                      f"{error}") from error
                time.sleep(min(max(pause * random.uniform(0.5, 1), min(error.after, 30)), left))
                pause = min(2 * pause, 5)
                continue
            if since is not None:
                self.tell(f"the server is back after {time.monotonic() - since:.0f} s")
            return result
