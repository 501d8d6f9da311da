"""Writes the certificates that this machine's programs show each other: the API server to an aggregated server, and machines to whoever reads their metrics.

Usage: certificates.py DIRECTORY
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def main(directory: pathlib.Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    authority, authority_key = _certificate("rehearsal")
    _write(directory / "authority", authority, authority_key)
    # the one name that aggregated servers accept from the API server's proxy
    _write(directory / "aggregator", *_certificate("aggregator", authority, authority_key, ExtendedKeyUsageOID.CLIENT_AUTH))
    _write(directory / "machine", *_certificate("machine", authority, authority_key, ExtendedKeyUsageOID.SERVER_AUTH))


def _certificate(name: str, issuer=None, issuer_key=None, usage=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        names = [x509.DNSName("localhost"), x509.DNSName("metrics-server.kube-system.svc"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256()), key


def _write(file: pathlib.Path, certificate, key) -> None:
    file.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = file.with_suffix(".key")
    secret.touch(mode=0o600)
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
