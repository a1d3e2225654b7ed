import logging
from pathlib import Path

import pytest
from pydantic import ValidationError

from smsflow.settings import Settings, SettingsError, load


def test_without_any_setting_everything_has_its_default():
    settings = load()

    assert (settings.host, settings.port, settings.smsc_port) == ("127.0.0.1", 8000, 2775)
    assert settings.database_url is None
    assert settings.data_dir == Path.cwd() / "var"


def test_the_environment_wins_over_the_file_and_an_argument_over_both(monkeypatch, tmp_path):
    file = tmp_path / "smsflow.toml"
    file.write_text('host = "0.0.0.0"\nport = 8001\nsmsc_port = 2001\n')
    monkeypatch.setenv("SMSFLOW_CONFIG", str(file))
    monkeypatch.setenv("SMSFLOW_PORT", "8002")
    monkeypatch.setenv("SMSFLOW_SMSC_PORT", "2002")

    settings = load(smsc_port=2003)

    assert (settings.host, settings.port, settings.smsc_port) == ("0.0.0.0", 8002, 2003)


def test_an_empty_variable_means_not_set(monkeypatch):
    monkeypatch.setenv("SMSFLOW_DATABASE_URL", "")
    monkeypatch.setenv("SMSFLOW_PORT", "")

    assert (load().database_url, load().port) == (None, 8000)


def test_every_wrong_value_gets_one_sentence(monkeypatch):
    monkeypatch.setenv("SMSFLOW_PORT", "eighty")
    monkeypatch.setenv("SMSFLOW_CLAIM_LEASE", "0")
    monkeypatch.setenv("SMSFLOW_TRUSTED_PROXIES", "10.0.0.1, nowhere")

    with pytest.raises(SettingsError) as refused:
        load()

    lines = str(refused.value).splitlines()
    assert sorted(line.split()[0] for line in lines) == [
        "SMSFLOW_CLAIM_LEASE",
        "SMSFLOW_PORT",
        "SMSFLOW_TRUSTED_PROXIES",
    ]
    assert any("'eighty'" in line for line in lines)


@pytest.mark.parametrize(
    ("variable", "value"), [("SMSFLOW_DATABASE_URL", "mysql://u:hunter2@db/x"), ("SMSFLOW_SECRET_KEY", "hunter2")]
)
def test_a_wrong_confidential_value_is_not_repeated(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError, match=variable) as refused:
        load()

    assert "hunter2" not in str(refused.value)


def test_the_settings_never_show_what_is_confidential():
    shown = repr(load(database_url="postgresql://u:hunter2@db/x", secret_key="hunter2" * 8))

    assert "hunter2" not in shown


def test_a_misspelt_name_is_reported_with_the_nearest_one(monkeypatch, caplog, tmp_path):
    file = tmp_path / "smsflow.toml"
    file.write_text('hots = "0.0.0.0"\n')
    monkeypatch.setenv("SMSFLOW_CONFIG", str(file))
    monkeypatch.setenv("SMSFLOW_PROT", "1")

    with caplog.at_level(logging.WARNING):
        load()

    assert "SMSFLOW_PROT is not a setting and does nothing: did you mean SMSFLOW_PORT?" in caplog.text
    assert "did you mean host?" in caplog.text


@pytest.mark.parametrize("content", [None, "port = = 1", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_a_sentence(monkeypatch, tmp_path, content):
    file = tmp_path / "smsflow.toml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("SMSFLOW_CONFIG", str(file))

    with pytest.raises(SettingsError, match=r"SMSFLOW_CONFIG names .*smsflow\.toml"):
        load()


def test_settings_cannot_be_changed():
    settings = load()

    with pytest.raises(ValidationError):
        settings.port = 1


def test_every_setting_says_what_it_does():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_trusted_proxies_are_addresses_and_networks():
    networks = load(trusted_proxies="10.0.0.0/8, ::1").trusted_proxies

    assert [str(network) for network in networks] == ["10.0.0.0/8", "::1/128"]


def test_a_key_that_could_be_guessed_is_refused():
    with pytest.raises(SettingsError, match="at least 32 characters"):
        load(secret_key=f"{'k' * 40},short")
