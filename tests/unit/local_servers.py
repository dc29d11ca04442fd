"""Local HTTP(S) servers with certificates of every kind, for the tests that talk over real sockets."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> dict:
    """A recorded answer of a real V5."""
    return json.loads((DATA / "v5_http" / f"{name}.json").read_text())["response"]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certificates:
    """A CA and the certificates it gave out, as PEM files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.ca_file = folder / "ca.pem"
        self._ca = self._sign(_name("Test CA"), _name("Test CA"), self._key, self._key, None, -1, 30)
        self.ca_file.write_bytes(self._ca.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, issuer, key, signer, names, start, end):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=start))
            .not_valid_after(now + datetime.timedelta(days=end))
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        else:
            usage = {
                name: name in ("key_cert_sign", "crl_sign", "digital_signature")
                for name in (
                    "digital_signature",
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "key_cert_sign",
                    "crl_sign",
                    "encipher_only",
                    "decipher_only",
                )
            }
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        return builder.sign(signer, hashes.SHA256())

    def issue(self, file: str, *hosts: str, self_signed: bool = False, start: int = -1, end: int = 10) -> Path:
        """A certificate with its key in one file; start and end are days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = []
        for host in hosts:
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        subject = _name(hosts[0])
        issuer, signer = (subject, key) if self_signed else (_name("Test CA"), self._key)
        certificate = self._sign(subject, issuer, key, signer, names, start, end)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ) + certificate.public_bytes(serialization.Encoding.PEM)
        path = self.folder / file
        path.write_bytes(pem)
        return path


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the server's ``answer(handler)`` and sends the (status, headers, bytes) it returns."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def serve(self) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        reply = self.server.answer(self)
        if reply is None:
            self.close_connection = True
            return
        status, headers, body = reply
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_OPTIONS = serve


class LocalServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def handle_error(self, request, client_address):
        """A client that hangs up is part of these tests."""


@contextmanager
def serve(answer, certificate: Path | None = None, host: str = "127.0.0.1"):
    """Run a server; yields it, with ``port``, ``seen`` (method, path, headers) and ``names`` (SNI names asked for)."""

    class Server(LocalServer):
        if ":" in host:
            import socket

            address_family = socket.AF_INET6

    server = Server((host, 0), Handler)
    server.answer, server.seen, server.names = answer, [], []
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _sock, name, _context: server.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def as_json(status: int, body, **headers):
    """A reply in V5's manner."""
    every = [("Content-Type", "application/json"), ("X-App-Version", "5.10.17")]
    every += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return status, every, json.dumps(body).encode()


def replay(name: str):
    """The recorded answer as a reply."""
    answer = recorded(name)
    body = answer["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return answer["status"], list(answer["headers"].items()), raw
