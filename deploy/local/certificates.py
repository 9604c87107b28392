"""A certificate authority of one broker's own, and the broker's certificate under it, as PEM files."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=365)


def write_certificates(directory: Path, name: str, *, host: str = "localhost") -> None:
    """Writes `ca.pem` (what clients trust) and `server.pem` (key, certificate and CA); the CA's key is not kept."""
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
