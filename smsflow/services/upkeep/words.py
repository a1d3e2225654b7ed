"""The words of each finding in English, by its code; the console translates them, and fills in the values as its reader writes them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """The words for a thing that was looked at, how it is, and what to do; values stand in braces."""

    what: str
    says: str
    do: str = ""


_COMPANY, _ROUTE, _CONNECTOR, _QUEUE = "company {id} ({name})", "route {id}", "connector {name}", "queue of {name}"
_START = "start it: smsflow run, or smsflow {role}"
_RESTART = "look at its log, and start it: smsflow run, or smsflow {role}"
_NTP = "set it, and keep it right by NTP; the platform itself goes by the database's clock"

WORDS: Final = MappingProxyType(
    {
        "companies.none": Words("companies", "there is none", "add one: smsflow company add NAME"),
        "company.no_sender": Words(
            _COMPANY, "it has no approved default sender", "give it one: smsflow sender add {id} NAME --default"
        ),
        "company.no_route": Words(
            _COMPANY,
            "no route with an enabled connector leads to {countries}",
            "add one: smsflow route add --connector NAME --country {country}",
        ),
        "company.suspended": Words(_COMPANY, "it is suspended", "let it send again: smsflow company resume {id}"),
        "company.ok": Words(_COMPANY, "it has a default sender and a route"),
        "routes.none": Words("routes", "there is none, so nothing can be sent", "smsflow route add --connector NAME"),
        "route.disabled": Words(
            _ROUTE,
            "it leads nowhere: its connector is disabled",
            "enable it: smsflow connector enable {name}, or remove the route: smsflow route remove {id}",
        ),
        "route.orphan": Words(
            _ROUTE,
            "it leads nowhere: its connector does not exist",
            "remove the route: smsflow route remove {id}",
        ),
        "route.meets_nobody": Words(
            _ROUTE, "no number of {country} starts with {prefix}", "remove it: smsflow route remove {id}"
        ),
        "process.ok": Words("{role}", "running on {where}"),
        "web.none": Words("{role}", "none is running, so nothing is accepted", _START),
        "web.silent": Words("{role}", "{where} has been silent for {seconds} s, so nothing is accepted", _RESTART),
        "jobs.none": Words("{role}", "none is running, so no partitions are made and nothing old is removed", _START),
        "jobs.silent": Words(
            "{role}",
            "{where} has been silent for {seconds} s, so no partitions are made and nothing old is removed",
            _RESTART,
        ),
        "dispatch.none": Words("{role}", "none is running, so nothing leaves", "start it: smsflow run"),
        "dispatch.hangs": Words("{role}", "{where} is there and shows no life", "look at its log, and start it again"),
        "clock.ahead": Words("clock of {role}", "the clock of {host} is {seconds} s ahead of the database's", _NTP),
        "clock.behind": Words("clock of {role}", "the clock of {host} is {seconds} s behind the database's", _NTP),
        "disk.low": Words(
            "disk of {host}",
            "{free} of {total} are free",
            "remove what is not needed, or make it larger: PostgreSQL stops where it is full",
        ),
        "connector.locked": Words(
            _CONNECTOR,
            "its password cannot be read with the secret key",
            "put the old key behind the new one in SMSFLOW_SECRET_KEY, or smsflow connector set {name} --password-stdin",
        ),
        "connector.disabled": Words(_CONNECTOR, "it is disabled", "when wanted: smsflow connector enable {name}"),
        "connector.ok": Words(_CONNECTOR, "{bound} of {binds} binds to {address}"),
        "bind.down": Words(
            _CONNECTOR,
            "bind {slot} is {state}: {detail}",
            "look at the operator's side, or change it: smsflow connector set {name}",
        ),
        "connector.waits": Words(_CONNECTOR, "it is not bound, as no dispatcher is running", "start one: smsflow run"),
        "connector.untried": Words(
            _CONNECTOR,
            "no dispatcher has tried to bind",
            "look at the log of dispatch, and at the number of binds that the operator allows",
        ),
        "receipts.unknown": Words(
            "receipts of {name}",
            "{receipts} receipts have the unknown state {word}: their SMS stay open",
            "ask the operator what it means, and report it",
        ),
        "set_aside": Words(
            "set aside: {path}",
            "the database refused {entries} in the last days, the last at {last_at} ({error})",
            "look at the table set_aside, and report what stands there",
        ),
        "mail.failing": Words(
            "mail",
            "letters that fail again and again: {failing}; given up since yesterday: {given_up} ({error})",
            "look at SMSFLOW_SMTP_URL, SMSFLOW_MAIL_FROM and the mail server",
        ),
        "queue.empty": Words("queue", "nothing waits"),
        "queue.late": Words(
            _QUEUE,
            "{waiting} wait (the oldest for {age}), planned for later: {planned}",
            "see connector {name}: is it bound, and is its rate high enough?",
        ),
        "queue.later": Words(_QUEUE, "nothing waits, planned for later: {planned}"),
        "queue.ok": Words(_QUEUE, "{waiting} wait (the oldest for {age}), planned for later: {planned}"),
    }
)
