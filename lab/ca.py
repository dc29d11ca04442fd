"""The lab's certificate authority, and certificates that are right or wrong in one known way."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .state import write_private

KINDS = ("signed", "self-signed", "expired", "wrong-name")
YEAR = datetime.timedelta(days=365)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate (with its chain) and its key, both PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> None:
        """Write ``NAME.crt`` and then ``NAME.key``: where the key is, the certificate is too."""
        write_private(folder / f"{name}.crt", self.certificate.decode())
        write_private(folder / f"{name}.key", self.key.decode())


def read(folder: Path, name: str) -> Pair:
    return Pair((folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes())


def authority(folder: Path) -> Pair:
    """The lab's CA, made once."""
    if not (folder / "ca.key").exists():
        _make("Ninjalift lab CA", [], issuer=None, authority=True).write(folder, "ca")
    return read(folder, "ca")


def site(folder: Path, name: str) -> Pair:
    """The signed certificate of the web site ``name``, made once."""
    if not (folder / f"{name}.key").exists():
        certificate(authority(folder), name).write(folder, name)
    return read(folder, name)


def certificate(ca: Pair, name: str, kind: str = "signed") -> Pair:
    """A server certificate for ``name``: signed by the lab's CA, or wrong in the way that ``kind`` says."""
    if kind == "self-signed":
        return _make(name, [name], issuer=None)
    if kind == "expired":
        return _make(name, [name], issuer=ca, ends=-DAY)
    if kind == "wrong-name":
        return _make("other.test", ["other.test"], issuer=ca)
    return _make(name, [name], issuer=ca)


def _make(
    common_name: str,
    names: list,
    *,
    issuer: Pair | None,
    authority: bool = False,
    ends: datetime.timedelta = YEAR,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    parent = x509.load_pem_x509_certificate(issuer.certificate) if issuer else None
    signer = serialization.load_pem_private_key(issuer.key, None) if issuer else key
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - YEAR)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if authority:
        builder = builder.add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
    if parent:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(parent.public_key()), critical=False
        )
    signed = builder.sign(signer, hashes.SHA256())
    return Pair(
        signed.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
