import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from keys import tls
from keys.errors import CustodyError, KeyRefused
from keys.tls import Credential, Role, issue_leaf, make_authority

# TLS looks at the machine's own clock, so the stretch is wide instead of around now.
START = 1_577_836_800_000  # 2020-01-01
END = 4_102_444_800_000  # 2100-01-01
YEAR = 31_536_000_000
AUTHORITY = make_authority("kz gateway", START, END)


def leaf(role: Role, authority: Credential = AUTHORITY, *hosts: str) -> Credential:
    return issue_leaf(authority, role, hosts or ("gateway.kz.example", "127.0.0.1"), START, END)


def _context(folder: Path, own: Credential, trusted: Credential, *, server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=trusted.certificate_pem.decode())
    certificate, key = folder / f"{own.pin}.crt", folder / f"{own.pin}.key"
    own.save(certificate, key, replace=True)
    context.load_cert_chain(certificate, key)
    return context


def _connect(folder: Path, server: Credential, client: Credential, host: str) -> bytes:
    accepting = _context(folder, server, AUTHORITY, server=True)
    return _handshake(accepting, _context(folder, client, AUTHORITY, server=False), host)


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> bytes:
    """Shake hands in memory and return the client's certificate as the server saw it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    accepting = server.wrap_bio(to_server, to_client, server_side=True)
    connecting = client.wrap_bio(to_client, to_server, server_hostname=host)
    done: set[ssl.SSLObject] = set()
    for side in (connecting, accepting) * 5:
        try:
            side.do_handshake()
            done.add(side)
        except ssl.SSLWantReadError:
            pass
    assert done == {accepting, connecting}
    seen = accepting.getpeercert(binary_form=True)
    assert seen is not None
    return seen


@pytest.mark.parametrize("host", ["gateway.kz.example", "127.0.0.1"])
def test_two_gateways_shake_hands_and_see_the_pinned_certificate(tmp_path: Path, host: str) -> None:
    client = leaf(Role.CLIENT)
    seen = _connect(tmp_path, leaf(Role.SERVER), client, host)
    assert tls.fingerprint(seen) == client.pin
    assert len(client.pin) == 43


def test_a_leaf_of_the_wrong_role_host_authority_or_time_is_refused(tmp_path: Path) -> None:
    server, client = leaf(Role.SERVER), leaf(Role.CLIENT)
    stranger = make_authority("kz gateway", START, END)
    expired = issue_leaf(AUTHORITY, Role.SERVER, ["127.0.0.1"], START, START + YEAR)
    for accepting, connecting, host in (
        (client, client, "127.0.0.1"),
        (server, server, "127.0.0.1"),
        (server, client, "gateway.ru.example"),
        (server, client, "127.0.0.2"),
        (leaf(Role.SERVER, stranger), client, "127.0.0.1"),
        (server, leaf(Role.CLIENT, stranger), "127.0.0.1"),
        (expired, client, "127.0.0.1"),
    ):
        with pytest.raises(ssl.SSLError):
            _connect(tmp_path, accepting, connecting, host)


def test_a_leaf_cannot_issue(tmp_path: Path) -> None:
    between = leaf(Role.CLIENT)
    below = leaf(Role.CLIENT, between)
    context = _context(tmp_path, below, AUTHORITY, server=False)
    chain = tmp_path / "chain.crt"
    chain.write_bytes(below.certificate_pem + between.certificate_pem)
    context.load_cert_chain(chain, tmp_path / f"{below.pin}.key")
    with pytest.raises(ssl.SSLError, match="invalid CA"):
        _handshake(_context(tmp_path, leaf(Role.SERVER), AUTHORITY, server=True), context, "127.0.0.1")


def test_certificates_and_keys_are_written_for_the_owner_alone(tmp_path: Path) -> None:
    own, certificate, key = leaf(Role.SERVER), tmp_path / "tls.crt", tmp_path / "tls.key"
    own.save(certificate, key)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (certificate, key)} == {0o600}
    with pytest.raises(CustodyError):
        own.save(certificate, key)
    assert "PRIVATE" not in certificate.read_text()


def test_a_certificate_needs_a_host() -> None:
    with pytest.raises(KeyRefused):
        issue_leaf(AUTHORITY, Role.SERVER, [], START, END)


def _self_signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, moment, moment + timedelta(1))
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def test_only_one_p256_certificate_passes_as_a_listed_authority() -> None:
    good = AUTHORITY.certificate_pem.decode()
    tls.check_certificate(good)
    for bad in (
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        good + good,
        _self_signed(ed25519.Ed25519PrivateKey.generate()),
        _self_signed(ec.generate_private_key(ec.SECP384R1())),
    ):
        with pytest.raises(KeyRefused):
            tls.check_certificate(bad)
