"""The answers to STOP, START and HELP: a company's own, or ours in its language."""

from collections.abc import Mapping

from smsflow.domain import template
from smsflow.domain.account import Company
from smsflow.domain.optout import Command
from smsflow.errors import ParameterInvalid

# Letters of the GSM alphabet only: each is one segment for any company with a name of usual length.
_OURS = {
    "fr": {
        Command.STOP: "{company} : vous ne recevrez plus nos SMS publicitaires. Pour les recevoir à nouveau : {start}.",
        Command.START: "{company} : vous recevrez à nouveau nos SMS publicitaires. Pour ne plus les recevoir : {stop}.",
        Command.HELP: "{company} : pour ne plus recevoir nos SMS publicitaires : {stop}. Pour les recevoir : {start}.",
    },
    "en": {
        Command.STOP: "{company}: you will get no more marketing SMS from us. To get them again: {start}.",
        Command.START: "{company}: you will get our marketing SMS again. To stop them: {stop}.",
        Command.HELP: "{company}: to stop our marketing SMS: {stop}. To get them: {start}.",
    },
}
VARIABLES = frozenset({"company", "stop", "start"})


def check(text: str) -> str:
    """Return a company's own answer; raise ParameterInvalid when it has variables that no answer has."""
    if not VARIABLES.issuperset(template.parse(text).variables):
        raise ParameterInvalid(parameter="reply", expected="no other variables than {company}, {stop} and {start}")
    return text


def reply(company: Company, command: Command, *, keyword: str | None) -> str:
    """Return the answer to a command; `keyword` is what leads to the company on a number that it shares."""
    own = {Command.STOP: company.stop_reply, Command.START: company.start_reply, Command.HELP: company.help_reply}
    ours = _OURS[company.language][command]
    behind = f" {keyword.upper()}" if keyword else ""
    values: Mapping[str, str] = {"company": company.name, "stop": f"STOP{behind}", "start": f"START{behind}"}
    for text in (own[command], ours):
        rendered = template.parse(text).render(values) if text else None
        if isinstance(rendered, str):
            return rendered
    raise AssertionError(ours)
