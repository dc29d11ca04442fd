"""One verified HTTP(S) request to V4 or V5, and one sentence for everything that can go wrong on the way.

Redirects are never followed: V4's wizard does not follow them when it logs in (``auth-redirect-http-https``), and a
followed redirect could carry a password to another machine. Certificates are always verified.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import ssl
from urllib.parse import urlsplit

from .errors import EDIT_SECRETS, MigrationError

CONNECT_TIMEOUT = 20.0
BLOCK = 64 * 1024
MAX_BODY = 256 * 1024 * 1024

# OpenSSL's X509_V_ERR_* numbers (x509_vfy.h): which of them means what to the person who has to mend it.
SELF_SIGNED = {18}
UNKNOWN_ISSUER = {2, 19, 20, 21, 24, 27}
EXPIRED = {10}
NOT_YET_VALID = {9}
WRONG_NAME = {62, 64}


class Url:
    """A server's base URL, taken apart: ``scheme``, ``host`` (ASCII), ``port``, ``prefix`` (its path)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url.strip())
        try:
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode("ascii")
        except (ValueError, UnicodeError):
            port, host = None, ""
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
            raise MigrationError(
                f"'{url}' is not a server's address; it must look like https://v5.example.com",
                "./cli.py init",
                "url-invalid",
            )
        self.scheme = parts.scheme
        self.host = host
        self.port = port or (443 if self.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/")

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = self.port == (443 if self.scheme == "https" else 80)
        return host if standard else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return self.origin + self.prefix


class Response:
    """An answer: ``status``, ``headers``, ``body`` (bytes), and ``sent`` (bytes of the request's body)."""

    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes, sent: int = 0) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.sent = sent

    def header(self, name: str) -> str:
        return self.headers.get(name) or ""

    @property
    def is_redirect(self) -> bool:
        return self.status in (301, 302, 303, 307, 308)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self):
        """The body as JSON, or None where it is not JSON."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            return None


class _Connection(http.client.HTTPConnection):
    """An HTTP connection to another address than the URL's; SNI, the name check and ``Host`` stay those of the URL."""

    def __init__(self, url: Url, address: str, context: ssl.SSLContext | None, timeout: float) -> None:
        super().__init__(url.host, url.port, timeout=timeout)
        self._address = address
        self._context = context

    def connect(self) -> None:
        sock = socket.create_connection((self._address, self.port), min(self.timeout, CONNECT_TIMEOUT))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_hostname=self.host)
            sock.settimeout(self.timeout)
        except BaseException:
            sock.close()
            raise
        self.sock = sock


class Server:
    """A web server that is talked to with verified TLS, one connection a request.

    url: the server's URL; address: an IP address or name to connect to instead of the URL's host;
    ca_file: a CA bundle (PEM) that replaces the system's store; timeout: seconds without any byte.
    """

    def __init__(self, url: str, address: str = "", ca_file: str = "", timeout: float = 60.0) -> None:
        self.url = Url(url)
        self.address = address or self.url.host
        self.timeout = timeout
        self._context = _context(ca_file) if self.url.scheme == "https" else None

    def request(self, method: str, path: str, headers=None, body=b"", length=None, timeout=None) -> Response:
        """Send one request and read the whole answer.

        body: bytes, or an iterable of byte blocks together with ``length`` (their sum). An answer that comes while the
        body is still going out (413) ends the sending and is returned. Raises MigrationError when there is no answer;
        its ``delivered`` says whether the whole request had gone out by then.
        """
        connection = _Connection(self.url, self.address, self._context, timeout or self.timeout)
        blocks = [body] if isinstance(body, bytes) else body
        length = len(body) if isinstance(body, bytes) else length
        out = _Out()
        try:
            connection.putrequest(method, self.url.prefix + path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", self.url.netloc)
            for name, value in (headers or {}).items():
                _put_header(connection, name, value)
            if length or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(length))
            connection.putheader("Connection", "close")
            connection.endheaders()
            return _exchange(connection, method, blocks, out)
        except (OSError, http.client.HTTPException) as error:
            explained = explain(error, self.url, self.address)
            explained.delivered = out.whole
            raise explained from None
        finally:
            connection.close()


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or "it holds no certificate"
        raise MigrationError(
            f"The CA bundle {ca_file} cannot be read: {reason}",
            f"openssl x509 -noout -subject -in {ca_file}",
            "ca-file-unreadable",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _put_header(connection: _Connection, name: str, value: str) -> None:
    """Set a header; Python's own error would print the value, which may be a secret."""
    try:
        connection.putheader(name, value)
    except ValueError:
        raise MigrationError(
            f"The value for the header {name} holds a line break or a character that HTTP cannot carry",
            EDIT_SECRETS,
            "header-value-invalid",
        ) from None


class _Out:
    """What of a request has gone out: ``sent`` (bytes of its body), and whether that is the ``whole`` of it."""

    sent = 0
    whole = False


def _exchange(connection: _Connection, method: str, blocks, out: _Out) -> Response:
    """Send the body and read the answer; an early answer wins over the rest of the body."""
    answer = http.client.HTTPResponse(connection.sock, method=method)
    broken = None
    try:
        for block in blocks:
            if out.sent and _answered(connection.sock, answer):
                break
            try:
                connection.send(block)
            except OSError as error:  # the server hung up; what it said before still waits in our buffer
                if isinstance(error, socket.timeout) and not _answered(connection.sock, answer):
                    raise
                broken = error
                break
            out.sent += len(block)
        else:
            out.whole = True
        try:
            answer.begin()
            body = _body(answer)
        except (OSError, http.client.HTTPException) as error:
            raise broken or error from None
        return Response(answer.status, answer.headers, body, out.sent)
    finally:
        answer.close()


def _body(answer: http.client.HTTPResponse) -> bytes:
    """The whole answer, up to MAX_BODY; in blocks, because Python before 3.12 makes a buffer of the size asked for."""
    body = bytearray()
    while len(body) < MAX_BODY:
        block = answer.read(BLOCK)
        if not block:
            break
        body += block
    return bytes(body)


def _answered(sock, answer: http.client.HTTPResponse) -> bool:
    """Whether the server has begun to answer. A readable socket is not enough: TLS 1.3 sends session tickets too."""
    if not select.select([sock], [], [], 0)[0]:
        return False
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        return bool(answer.fp.peek(1))
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(timeout)


def explain(error: Exception, url: Url, address: str) -> MigrationError:
    """Turn an error of the network or of TLS into one sentence with its remedy."""
    at = f"{url}" if address == url.host else f"{url} (at {address})"
    target = f"{address}:{url.port}"
    show = f"openssl s_client -connect {target} -servername {url.host} </dev/null"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, url, at, show)
    if isinstance(error, ssl.SSLError):
        return MigrationError(
            f"{at} does not speak TLS as expected ({error.reason or 'handshake failed'})", show, "tls-handshake-failed"
        )
    if isinstance(error, socket.gaierror):
        return MigrationError(
            f"The name {address} cannot be resolved from this machine",
            f"getent hosts {address}",
            "tls-or-dns-unreachable",
        )
    if isinstance(error, socket.timeout):
        return MigrationError(f"{at} did not answer in time", f"curl -sSI {url}", "no-answer-in-time")
    if isinstance(error, ConnectionRefusedError):
        return MigrationError(
            f"{at} refuses connections on port {url.port}: no web server listens there, or a firewall rejects",
            f"curl -sSI {url}",
            "tls-or-dns-unreachable",
        )
    if isinstance(error, (ConnectionResetError, BrokenPipeError, http.client.HTTPException)):
        return MigrationError(f"{at} closed the connection without an answer", f"curl -sSI {url}", "connection-closed")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return MigrationError(f"{at} cannot be reached: {reason}", f"curl -sSI {url}", "tls-or-dns-unreachable")


def _explain_certificate(error: ssl.SSLCertVerificationError, url: Url, at: str, show: str) -> MigrationError:
    code = error.verify_code
    if code in SELF_SIGNED:
        return MigrationError(
            f"The certificate of {at} is self-signed, and this machine does not trust it",
            f"{show} | openssl x509 > /usr/local/share/ca-certificates/{url.host}.crt && update-ca-certificates",
            "tls-self-signed",
        )
    if code in UNKNOWN_ISSUER:
        return MigrationError(
            f"The certificate of {at} comes from an issuer that this machine does not trust, or its chain has a gap",
            f"{show} | openssl x509 -noout -issuer",
            "tls-unknown-issuer",
        )
    if code in EXPIRED:
        return MigrationError(
            f"The certificate of {at} has expired", "certbot renew && systemctl reload nginx", "tls-expired"
        )
    if code in NOT_YET_VALID:
        return MigrationError(
            f"The certificate of {at} is not valid yet, or this machine's clock is wrong",
            "timedatectl",
            "tls-not-yet-valid",
        )
    if code in WRONG_NAME:
        return MigrationError(
            f"The certificate of {at} was issued for another name than {url.host}",
            f"{show} | openssl x509 -noout -ext subjectAltName",
            "tls-wrong-name",
        )
    return MigrationError(f"The certificate of {at} cannot be verified ({error.verify_message})", show, "tls-untrusted")
