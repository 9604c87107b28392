"""Certificates as PEM files: a broker's own authority with its one certificate, and the authority of a cell of containers."""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=365)


class Authority:
    """The authority of one cell. Its key lies in `directory`, which no container but the one that makes secrets ever
    sees.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._key_file, self.file = directory / "authority.key", directory / "authority.pem"
        if not self._key_file.exists():
            key, named = ec.generate_private_key(ec.SECP256R1()), _name(f"{name} local authority")
            made = _unsigned(named, named, key).add_extension(_authority(), critical=True)
            self.file.write_bytes(
                _pem(made.add_extension(_usage(ca=True), critical=True).sign(key, hashes.SHA256()))
            )
            _write_key(self._key_file, key)

    def issue(self, certificate: Path, key_file: Path, host: str) -> None:
        """Issue a certificate for a server that clients reach by this host name; one that exists stays."""
        if key_file.exists() and certificate.exists():
            return
        ca = x509.load_pem_x509_certificate(self.file.read_bytes())
        ca_key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)  # noqa: S101  # ours, written above
        key = ec.generate_private_key(ec.SECP256R1())
        made = _unsigned(_name(host), ca.subject, key).add_extension(_usage(ca=False), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        certificate.write_bytes(_pem(made.sign(ca_key, hashes.SHA256())))
        _write_key(key_file, key)


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(_key_pem(key))


def write_certificates(directory: Path, name: str, *, host: str = "localhost") -> None:
    """Write `ca.pem` (which clients trust) and `server.pem` (key, certificate and CA); the CA's key is not kept."""
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name(f"{name} local authority")
    ca = _unsigned(ca_name, ca_name, ca_key).add_extension(_authority(), critical=True)
    ca = ca.add_extension(_usage(ca=True), critical=True)
    ca_certificate = ca.sign(ca_key, hashes.SHA256())
    hosts = x509.SubjectAlternativeName(_names(host))
    server = _unsigned(_name(name), ca_name, server_key).add_extension(hosts, critical=False)
    server = server.add_extension(_usage(ca=False), critical=True)
    server_certificate = server.sign(ca_key, hashes.SHA256())
    (directory / "ca.pem").write_bytes(_pem(ca_certificate))
    secret = directory / "server.pem"
    secret.touch(mode=0o600)
    secret.write_bytes(_key_pem(server_key) + _pem(server_certificate) + _pem(ca_certificate))


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(minutes=5),
        not_valid_after=now + LIFETIME,
    )


def _names(host: str) -> list[x509.GeneralName]:
    """The host, unless it is an address, and this machine's own names."""
    dns = {"localhost", host} - {"127.0.0.1"}
    return [*(x509.DNSName(name) for name in sorted(dns)), x509.IPAddress(IPv4Address("127.0.0.1"))]


def _authority() -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=True, path_length=0)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
