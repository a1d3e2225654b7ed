"""`smsflow connector`: the ways out to operators."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from smsflow.cli import options, output
from smsflow.cli.nouns import noun
from smsflow.cli.options import Name, PasswordStdin, Yes
from smsflow.cli.output import Json
from smsflow.cli.work import read, transact, vault
from smsflow.services.routing import connectors
from smsflow.services.routing.connectors import ConnectorWithBinds
from smsflow.settings import load

_HIGHEST_PORT = 65535
# SMPP 3.4 §5.2.1 and §5.2.3: a system_id has 15 characters; operators are known to give longer passwords than its 8.
_ID_LENGTH = 15
_TYPE_LENGTH = 12

Smpp = Annotated[str | None, typer.Option("--smpp", metavar="HOST:PORT", help="Where the operator listens.")]
SystemId = Annotated[str | None, typer.Option(help="Our name at the operator.")]
SystemType = Annotated[str | None, typer.Option(help="What some operators ask for besides.")]
Bind = Annotated[
    Literal["trx", "tx+rx"] | None, typer.Option(help="One connection for both directions, or one for each.")
]
Binds = Annotated[int | None, typer.Option(min=1, max=16, help="Binds the operator allows, over all machines.")]
Window = Annotated[int | None, typer.Option(min=1, max=1000, help="Submissions that may wait for their answer.")]
Rate = Annotated[
    str | None,
    typer.Option(callback=options.number_or_none, metavar="N|none", help="Most PDUs (segments) a second."),
]
Tls = Annotated[bool | None, typer.Option("--tls/--no-tls", help="Whether the connection is encrypted.")]
ReferenceBase = Annotated[
    Literal["learn", "as-is", "hex-to-dec", "dec-to-hex"] | None,
    typer.Option(help="How receipts write the id that the response gave."),
]
LongMode = Annotated[
    Literal["udh8", "udh16", "sar", "payload"] | None, typer.Option(help="How a long SMS travels in parts.")
]
Latin1 = Annotated[bool | None, typer.Option("--latin1/--no-latin1", help="Send Latin-1 where it saves segments.")]
DeliveredWhen = Annotated[
    Literal["any", "last", "all"] | None, typer.Option(help="Which parts of a long SMS must have arrived.")
]
ResponseTimeout = Annotated[int | None, typer.Option(min=1, max=600, help="Seconds to wait for an answer.")]
EnquireInterval = Annotated[int | None, typer.Option(min=1, max=3600, help="Idle seconds before an enquire_link.")]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    connector = noun("Connectors: the ways out to operators.")
    connector.command("add")(add)
    connector.command("set")(set_)
    connector.command("list")(list_)
    connector.command("show")(show)
    connector.command("enable")(enable)
    connector.command("disable")(disable)
    connector.command("remove")(remove)
    app.add_typer(connector, name="connector")


def add(
    name: Name,
    *,
    smpp: Smpp = None,
    system_id: SystemId = None,
    password_stdin: PasswordStdin = False,
    system_type: SystemType = None,
    bind: Bind = None,
    binds: Binds = None,
    window: Window = None,
    rate: Rate = None,
    tls: Tls = None,
    reference_base: ReferenceBase = None,
    long_mode: LongMode = None,
    latin1: Latin1 = None,
    delivered_when: DeliveredWhen = None,
    response_timeout: ResponseTimeout = None,
    enquire_interval: EnquireInterval = None,
    as_json: Json = False,
) -> None:
    """Add a connector; it takes effect without a restart."""
    given = dict(locals())
    for option, value in (("--smpp", smpp), ("--system-id", system_id), ("--password-stdin", password_stdin)):
        if not value:
            raise typer.BadParameter(f"it is needed for a new connector ({option}).", param_hint=option)
    values = _columns(given)

    sentence = f"Connector {name} is added: lead SMS to it with `smsflow route add --connector {name}`."
    added = transact(lambda tx: connectors.add(tx, name, values))
    output.result(_document(added), sentence, as_json=as_json)


def set_(
    name: Name,
    *,
    smpp: Smpp = None,
    system_id: SystemId = None,
    password_stdin: PasswordStdin = False,
    system_type: SystemType = None,
    bind: Bind = None,
    binds: Binds = None,
    window: Window = None,
    rate: Rate = None,
    tls: Tls = None,
    reference_base: ReferenceBase = None,
    long_mode: LongMode = None,
    latin1: Latin1 = None,
    delivered_when: DeliveredWhen = None,
    response_timeout: ResponseTimeout = None,
    enquire_interval: EnquireInterval = None,
    as_json: Json = False,
) -> None:
    """Change a connector; it takes effect without a restart."""
    values = _columns(dict(locals()))
    if not values:
        raise typer.BadParameter("say what to change: `smsflow connector set --help` lists it.")
    _change(name, values, f"Connector {name} has changed.", as_json=as_json)


def list_(*, as_json: Json = False) -> None:
    """List every connector with its binds."""
    seen = read(connectors.every)
    known = [_document(c) for c in seen.found]
    if output.reading({"connectors": known}, database=seen.database, as_json=as_json):
        return
    output.table(
        ("id", "name", "enabled", "operator", "system_id", "bind", "window", "rate", "binds"),
        [
            (
                c["id"],
                c["name"],
                c["enabled"],
                f"{c['host']}:{c['port']}{' tls' if c['tls'] else ''}",
                c["system_id"],
                c["bind"],
                c["window"],
                c["rate"],
                "\n".join(f"{b['state']}: {b['detail']}" for b in c["states"]) or "none yet",
            )
            for c in known
        ],
        none="There is no connector: add one with `smsflow connector add NAME`.",
    )


def show(name: Name, *, as_json: Json = False) -> None:
    """Show a connector with all that can be set, and its binds."""
    seen = read(lambda tx: connectors.find(tx, name))
    shown = _document(seen.found)
    if output.reading(shown, database=seen.database, as_json=as_json):
        return
    states = "\n".join(
        f"bind {b['slot']} is {b['state']} since {output.cell(b['since'])}: {b['detail']}" for b in shown["states"]
    )
    output.facts(
        [
            *((name.replace("_", " "), shown[name]) for name in shown if name != "states"),
            ("binds now", states or "none yet"),
        ]
    )


def enable(name: Name, *, as_json: Json = False) -> None:
    """Enable a connector: SMS leave by it again."""
    _change(name, {"enabled": True}, f"Connector {name} is enabled.", as_json=as_json)


def disable(name: Name, *, as_json: Json = False) -> None:
    """Disable a connector; SMS that wait for it take another route or stay."""
    _change(name, {"enabled": False}, f"Connector {name} is disabled.", as_json=as_json)


def remove(name: Name, *, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a disabled connector that no route leads to and no SMS waits for; receipts that come later are lost."""
    options.confirm(f"Remove the connector {name}, with its password?", yes=yes)
    transact(lambda tx: connectors.remove(tx, name))
    output.result({"name": name, "removed": True}, f"Connector {name} is removed.", as_json=as_json)


def _change(name: str, values: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    changed = transact(lambda tx: connectors.change(tx, name, values))
    output.result(_document(changed), sentence, as_json=as_json)


def _document(connection: ConnectorWithBinds) -> dict[str, Any]:
    """Return a connector as it may be shown: never its password."""
    shown = asdict(connection.connector)
    del shown["password_sealed"]
    shown["states"] = [
        {"slot": b.slot, "state": b.state, "detail": b.detail, "since": b.since, "instance_id": b.instance_id}
        for b in connection.binds
    ]
    return shown


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the options that were given."""
    plain = ("bind", "binds", "window", "tls", "long_mode", "latin1", "delivered_when")
    values = {name: given[name] for name in (*plain, "response_timeout", "enquire_interval") if given[name] is not None}
    if given["smpp"] is not None:
        values["host"], values["port"] = address(given["smpp"])
    for name, length in (("system_id", _ID_LENGTH), ("system_type", _TYPE_LENGTH)):
        if given[name] is not None:
            values[name] = _ascii(given[name], length, f"--{name.replace('_', '-')}")
    if given["rate"] is not None:
        values["rate"] = options.limit_of(given["rate"])
    if given["reference_base"] is not None:
        values["reference_base"] = given["reference_base"].replace("-", "_")
    if given["password_stdin"]:
        password = options.read_secret("Password")
        values["password_sealed"] = vault(load()).seal(_ascii(password, len(password), "--password-stdin"))
    return values


def address(typed: str) -> tuple[str, int]:
    """Return the host and the port of `host:port`; an IPv6 address stands in brackets."""
    host, _, port = typed.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    well_formed = bare and bare.isprintable() and " " not in bare and (":" not in bare or bare != host)
    if not (well_formed and port.isascii() and port.isdigit() and 1 <= int(port) <= _HIGHEST_PORT):
        raise typer.BadParameter("an address is HOST:PORT, such as smpp.operator.example:2775.", param_hint="--smpp")
    return bare, int(port)


def _ascii(value: str, most: int, option: str) -> str:
    if not (value.isascii() and value.isprintable() and len(value) <= most):
        raise typer.BadParameter(f"SMPP carries at most {most} plain ASCII characters here.", param_hint=option)
    return value
