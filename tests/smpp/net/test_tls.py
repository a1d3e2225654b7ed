import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smsflow.simulator.operator import Simulator
from smsflow.smpp.net.client import BindConfig, ConnectFailed, connect
from tests.smpp.session_pair import Memory, a_submit


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The path of a key and certificate of 127.0.0.1 that signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "operator")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "operator.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def a_tls_operator(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return Simulator.start(tls=context)


async def deliver_one(config):
    memory = Memory()
    link = await connect(config, memory)
    link.submit(a_submit(), 1)
    await memory.wait_for(lambda m: m.responses and m.delivered)
    await link.close()


async def test_a_message_goes_over_tls_to_a_certificate_that_is_trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with await a_tls_operator(certificate) as simulator:
        await deliver_one(BindConfig("127.0.0.1", simulator.port, "demo", "secret", tls=True))


async def test_a_certificate_that_nobody_signed_is_refused(certificate):
    async with await a_tls_operator(certificate) as simulator:
        with pytest.raises(ConnectFailed, match="certificate"):
            await connect(BindConfig("127.0.0.1", simulator.port, "demo", "secret", tls=True), Memory())


async def test_a_certificate_is_not_looked_at_where_one_says_so(certificate):
    async with await a_tls_operator(certificate) as simulator:
        await deliver_one(BindConfig("127.0.0.1", simulator.port, "demo", "secret", tls=True, tls_verify=False))


async def test_a_client_without_tls_does_not_get_in(certificate):
    async with await a_tls_operator(certificate) as simulator:
        with pytest.raises(ConnectFailed):
            await connect(BindConfig("127.0.0.1", simulator.port, "demo", "secret"), Memory())
