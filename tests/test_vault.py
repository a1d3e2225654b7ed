"""Secrets stay readable while keys change, and only with the right keys."""

import hmac

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from smsflow.vault import Vault, VaultLocked

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_sealed_text_is_opened():
    assert Vault(OLD).open(Vault(OLD).seal("Code 422510 é")) == "Code 422510 é"


@given(secret=st.text())
def test_a_fingerprint_is_the_hmac_of_the_oldest_key(secret):
    assert Vault(f"{NEW},{OLD}").fingerprint(secret) == hmac.digest(OLD.encode(), secret.encode(), "sha256")[:16]


def test_a_sealed_secret_does_not_show():
    assert "422510" not in Vault(OLD).seal("422510")


def test_after_a_change_of_key_the_old_is_read_and_the_new_is_written():
    sealed, rotating = Vault(OLD).seal("secret"), Vault(f"{NEW},{OLD}")

    assert rotating.open(sealed) == "secret"
    assert Vault(NEW).open(rotating.seal("secret")) == "secret"


def test_without_its_key_a_secret_stays_closed_and_says_what_to_do():
    with pytest.raises(VaultLocked, match="SMSFLOW_SECRET_KEY"):
        Vault(NEW).open(Vault(OLD).seal("secret"))
