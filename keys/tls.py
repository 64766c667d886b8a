"""Certificates of the gateways' mutual TLS: a small P-256 authority per node and its leaves.

P-256 because the X.509 verifier refuses Ed25519 authorities. Peers do not rely on the authority's word alone:
the trust list pins each certificate by its SHA-256.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys import b64
from keys.errors import KeyRefused
from keys.private_file import write_private

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Role(Enum):
    """Which side of a connection a certificate is for (RFC 5280 section 4.2.1.12)."""

    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pin(self) -> str:
        """The certificate's fingerprint, as trust lists pin it."""
        return fingerprint(self.certificate.public_bytes(Encoding.DER))

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def save(self, certificate_file: Path, key_file: Path, *, replace: bool = False) -> None:
        """Write certificate and key as PEM files, mode 0600.

        Raises:
            CustodyError: a file exists and is not to be replaced, or cannot be written.

        """
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(key_file, pem, replace=replace)
        write_private(certificate_file, self.certificate_pem, replace=replace)


def make_authority(name: str, not_before: int, not_after: int) -> Credential:
    """Make a self-signed P-256 certificate authority that may sign leaves only.

    Args:
        name: its common name.
        not_before: Unix milliseconds.
        not_after: Unix milliseconds.

    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), _name(name), key.public_key(), not_before, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    return Credential(builder.sign(key, SHA256()), key)


def issue_leaf(
    authority: Credential, role: Role, hosts: Sequence[str], not_before: int, not_after: int
) -> Credential:
    """Issue a leaf certificate with a fresh P-256 key.

    Args:
        authority: who signs it.
        role: server or client; a leaf is for one of them only.
        hosts: DNS names or IP addresses, at least one; the first is also the common name.
        not_before: Unix milliseconds.
        not_after: Unix milliseconds.

    Raises:
        KeyRefused: no host is given.

    """
    if not hosts:
        raise KeyRefused("a certificate needs a host")
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    builder = _builder(_name(hosts[0]), issuer, key.public_key(), not_before, not_after)
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(is_authority=False), True),
        (x509.ExtendedKeyUsage([role.value]), False),
        (x509.SubjectAlternativeName([_general_name(host) for host in hosts]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Credential(builder.sign(authority.key, SHA256()), key)


def fingerprint(der: bytes) -> str:
    """Return the pin of a certificate: SHA-256 of its DER bytes in base64url (43 characters)."""
    return b64.encode(hashlib.sha256(der).digest())


def check_certificate(pem: str) -> None:
    """Check that a PEM text is one certificate with a P-256 key.

    Raises:
        KeyRefused: it is not.

    """
    try:
        certificates = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise KeyRefused("not a certificate") from error
    key = certificates[0].public_key()
    if len(certificates) != 1 or not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyRefused("not one certificate of a P-256 key")
    if not isinstance(key.curve, ec.SECP256R1):
        raise KeyRefused("not one certificate of a P-256 key")


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, not_before: int, not_after: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_EPOCH + timedelta(milliseconds=not_before))
        .not_valid_after(_EPOCH + timedelta(milliseconds=not_after))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
