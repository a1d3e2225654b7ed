"""The settings: read once from the environment, an optional TOML file and defaults, into one frozen object."""

import difflib
import logging
import os
import tomllib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import TomlConfigSettingsSource as TomlSource

PREFIX: Final = "SMSFLOW_"
CONFIG_VARIABLE: Final = "SMSFLOW_CONFIG"
DAY: Final = 86_400
# Under 32 characters a key is a password somebody made up, and every stored secret is only as strong as it.
SECRET_KEY_CHARACTERS: Final = 32
# A value of these may hold a password, so that an error must not repeat it.
CONFIDENTIAL: Final = frozenset({"secret_key", "database_url", "smtp_url"})

log = logging.getLogger(__name__)


class SettingsError(Exception):
    """A setting is wrong; the message has one sentence per setting."""


def _absolute(path: Path) -> Path:
    """Tie the path to where we stand now, so that every child process means the same one."""
    return path.expanduser().absolute()


def _long_enough(keys: SecretStr) -> SecretStr:
    """Refuse keys that are short enough to be guessed."""
    if any(len(key) < SECRET_KEY_CHARACTERS for key in separated(keys.get_secret_value())):
        raise ValueError(
            f"each key must have at least {SECRET_KEY_CHARACTERS} characters (`openssl rand -hex 32` makes one)"
        )
    return keys


def separated(text: str) -> list[str]:
    """Give the non-empty values of a list written with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _listed(value: Any) -> Any:
    """Accept a list written with commas as well as a real one."""
    return separated(value) if isinstance(value, str) else value


Addresses = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=36_500)]


class Settings(BaseSettings):
    """Everything that can be set; the description of a field is its help."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address that the HTTP server listens on; `0.0.0.0` for every one.")
    port: int = Field(8000, ge=1, le=65535, description="TCP port of the HTTP server.")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Address that the documentation pages show; else that of the request.",
    )
    trusted_proxies: Addresses = Field(
        (), description="Addresses or networks, with commas between, whose `X-Forwarded-For` is believed."
    )
    console_http: bool = Field(
        False,
        description="Let people sign in to the console over plain http from other machines: for a trial, never in production.",
    )
    web_workers: int = Field(1, ge=1, le=64, description="HTTP server processes.")
    body_limit: int = Field(1_048_576, ge=1024, le=67_108_864, description="Largest HTTP request body, in bytes.")

    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path("./var"), description="Directory of the embedded PostgreSQL, the secret key and the demo's password."
    )
    database_url: str | None = Field(
        None,
        pattern=r"^postgres(ql)?(\+psycopg)?://",
        repr=False,
        description="PostgreSQL to use, `postgresql://user:password@host/name`; else one runs in the data directory.",
    )
    cell: int = Field(
        0,
        ge=0,
        le=9000,
        description="Number of this platform among several that share customers: its ids begin at this many times 10^12 (docs/scaling.md).",
    )
    database_pool: int = Field(10, ge=2, le=200, description="Most database connections that one process keeps open.")
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        None,
        description="Key that encrypts codes and connector passwords; with several, commas between, the first encrypts "
        "and all decrypt. Else one is generated into the data directory.",
    )

    smtp_url: str | None = Field(
        None,
        pattern=r"^smtps?://([^@/\s]+@)?[^@/\s:]+(:\d{1,5})?/?$",
        repr=False,
        description="Mail server, `smtp://user:password@host:587` (with STARTTLS) or `smtps://user:password@host:465`; "
        "without one no mail is sent, and administrators hand links over. Links are mailed only with `SMSFLOW_PUBLIC_URL`.",
    )
    mail_from: str = Field(
        "SMSFLOW <smsflow@localhost>",
        pattern=r"^[^\r\n@]+@[^\s@]+$",
        description="Address that mail is sent from.",
    )
    contact: str | None = Field(
        None,
        pattern=r"^[^\s@]+@[^\s@]+$",
        description="Address of whoever keeps the platform: companies see it, and their requests are mailed to it.",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="How logs look; `auto` is `console` on a terminal and `json` elsewhere."
    )

    token_hours: int = Field(24, ge=1, le=8760, description="Life of an API token, in hours.")
    login_per_username: int = Field(
        10, ge=1, le=100_000, description="Logins that may fail per username in one login period."
    )
    login_per_address: int = Field(
        50, ge=1, le=100_000, description="Logins that may fail per address in one login period."
    )
    login_period: Seconds = Field(300, le=DAY, description="Length of the login period, in seconds.")

    message_segments_limit: int = Field(
        10, ge=1, le=255, description="Most segments of one SMS; a longer one is refused."
    )
    validity_hours: int = Field(48, ge=1, le=168, description="Hours after which an SMS not yet delivered has expired.")
    intake_batch: int = Field(500, ge=1, le=10_000, description="Most accepted SMS that share one commit.")
    intake_bound: int = Field(
        5000, ge=1, le=1_000_000, description="SMS that may wait for a commit; beyond it the answer is 503."
    )

    campaign_failures_percent: int = Field(
        30,
        ge=1,
        le=100,
        description="A campaign pauses by itself when more of its last 500 final SMS failed; 100: never.",
    )
    campaign_connector_down: Seconds = Field(
        600,
        le=DAY,
        description="Seconds that the only connector of a campaign's next recipient is down before the campaign pauses by itself.",
    )
    claim_lease: Seconds = Field(
        30,
        ge=5,
        le=3600,
        description="Seconds after which what a dispatcher that stands still had claimed is taken back; what a dead one had, at once.",
    )
    unknown_grace: Seconds = Field(
        60,
        le=DAY,
        description="Seconds that an unanswered OTP or transactional SMS waits for a receipt before it is sent again; four times longer each further time.",
    )
    unknown_give_up: Seconds = Field(
        DAY, le=30 * DAY, description="Seconds after which an unknown outcome stays unknown."
    )
    fallback_after: Seconds = Field(
        30,
        le=DAY,
        description="Seconds that a message waits for a connector that is down before its route's fallback takes it.",
    )
    poll_interval: Seconds = Field(
        1, ge=0.05, le=60, description="Seconds between two looks at the queue when nothing wakes us."
    )
    drain_timeout: Seconds = Field(20, le=600, description="Seconds that a stop waits for work in flight.")
    receipts_kept_days: Days = Field(7, ge=7, le=3650, description="Days that receipts can be matched to their SMS.")
    messages_kept_days: Days = Field(400, ge=30, description="Days that messages and recipients of campaigns are kept.")
    drafts_kept_days: Days = Field(
        90,
        description="Days that the recipients of a prepared campaign which nobody launches are kept; its draft stays.",
    )
    codes_kept_days: Days = Field(400, description="Days that verification codes are kept.")
    inbound_kept_days: Days = Field(400, description="Days that inbound SMS and their texts are kept.")
    audit_kept_days: Days = Field(
        1096, ge=30, description="Days that the audit log is kept; the record of opt-outs is never removed."
    )
    documents_kept_days: Days = Field(180, description="Days that the document of a refused sender is kept.")

    smsc_port: int = Field(2775, ge=1, le=65535, description="TCP port of the demo's operator (the SMPP simulator).")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the file that SMSFLOW_CONFIG names."""
        file = os.environ.get(CONFIG_VARIABLE)
        if not file:
            return init_settings, env_settings
        return init_settings, env_settings, TomlSource(settings_cls, toml_file=Path(file))


def load(**overrides: Any) -> Settings:
    """Read the settings, `overrides` first; raise SettingsError with one sentence per wrong value."""
    for sentence in _unknown(_variables(), _file_keys()):
        log.warning(sentence)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error))) from None


def table() -> str:
    """Give the page docs/settings.md: every setting with its default and what it does."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Each is an environment variable. It can also stand in a TOML file that `SMSFLOW_CONFIG` names, in small",
            "letters and without the prefix (`port = 8000`); the environment wins. A wrong value stops the start with",
            "a sentence; an unknown name is a warning.",
            "",
            "This page is written by `python -m smsflow.settings > docs/settings.md`.",
            "",
            "| variable | default | what it does |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(name: str) -> str:
    """Write the default of a field as one would type it."""
    default = Settings.model_fields[name].default
    if default is None or default == ():
        return "not set"
    return f"`./{default}`" if isinstance(default, Path) else f"`{default}`"


def _variables() -> list[str]:
    """List the SMSFLOW_ variables that are meant for us; those of the test-suite are not."""
    known = {CONFIG_VARIABLE}
    return [v for v in os.environ if v.startswith(PREFIX) and not v.startswith(f"{PREFIX}TEST_") and v not in known]


def _file_keys() -> list[str]:
    """List the names in the file that SMSFLOW_CONFIG names; raise SettingsError when it cannot be read."""
    file = os.environ.get(CONFIG_VARIABLE)
    if not file:
        return []
    try:
        return list(tomllib.loads(Path(file).read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{CONFIG_VARIABLE} names {file}, which cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsError(f"{CONFIG_VARIABLE} names {file}, which is not TOML: {error}.") from None


def _unknown(variables: Iterable[str], file_keys: Iterable[str]) -> Iterator[str]:
    """Give one sentence per name that is no setting, with the nearest one that is."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in variables:
        if name.upper() not in known:
            near = difflib.get_close_matches(name, known, n=1)
            yield f"{name} is not a setting and does nothing" + (f": did you mean {near[0]}?" if near else ".")
    for name in file_keys:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            yield f"{name} in {os.environ[CONFIG_VARIABLE]} is not a setting" + (
                f": did you mean {near[0]}?" if near else "."
            )


def _sentences(error: ValidationError) -> Iterator[str]:
    """Give one sentence per wrong field, without the value where it is confidential."""
    seen: set[str] = set()
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        if name in seen:
            continue
        seen.add(name)
        said = problem["msg"].removeprefix("Value error, ")
        given = "" if name in CONFIDENTIAL else f" (it is {problem['input']!r})"
        yield f"{PREFIX}{name.upper()} is wrong: {said[0].lower()}{said[1:]}{given}."


if __name__ == "__main__":
    print(table(), end="")
