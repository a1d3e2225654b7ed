"""The keys of the vault."""

import os
import stat

import pytest
from cryptography.fernet import Fernet, MultiFernet

from smsflow.keys import secret_key
from smsflow.settings import SettingsError, load


def test_a_generated_key_is_kept_for_the_next_start_and_for_nobody_else(tmp_path):
    settings = load(data_dir=tmp_path / "var")

    first = secret_key(settings)

    assert secret_key(settings) == first
    file = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    Fernet(first)


def test_the_first_of_several_keys_encrypts_and_all_decrypt():
    old, new = "o" * 40, Fernet.generate_key().decode()
    written = Fernet(secret_key(load(secret_key=old))).encrypt(b"422510")

    keys = [Fernet(key) for key in secret_key(load(secret_key=f"{new}, {old}")).split(",")]

    assert MultiFernet(keys).decrypt(written) == b"422510"
    assert secret_key(load(secret_key=new)) == new


def test_the_generated_key_is_whole_when_it_is_synced_to_disk(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(handle):
        synced.append(os.fstat(handle).st_size)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    key = secret_key(load(data_dir=tmp_path))

    assert synced[0] == len(key) + 1


def test_an_empty_key_file_is_reported_in_a_sentence(tmp_path):
    (tmp_path / "secret_key").touch()

    with pytest.raises(SettingsError, match="is empty"):
        secret_key(load(data_dir=tmp_path))
