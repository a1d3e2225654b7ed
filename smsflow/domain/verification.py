"""A verification code: how it is made, sent and judged, and how often it may be asked for."""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from smsflow.domain import digits, segments
from smsflow.domain.message import composed
from smsflow.errors import CodeBlocked, CodeExpired, CodeNeverSent, CodeUsed, CodeWrong, MessageTooLong, Refused

# Five tries in a million codes: a guesser's chance stays below one in 100,000 per code sent.
MAX_TRIES = 5

TIMEOUT_MIN = 30
TIMEOUT_MAX = 86400
TIMEOUT_DEFAULT = 900

DEFAULT_TEMPLATE_FR = "Votre code de vérification {company} est {code}. Il expire dans {minutes} minutes."

# Six digits with something around each of them; a longer text is no code, and is not searched.
_MOST_TYPED = 64
_BETWEEN_DIGITS = dict.fromkeys(map(ord, " -"))

_LOWEST = 100_000
_CODES = 900_000

_FIELD = re.compile(r"\{(code|company|minutes)\}")


class CodeState(IntEnum):
    """Where a code is; only a sent one can be validated."""

    SENT = 1
    VALIDATED = 2
    EXPIRED = 3
    BLOCKED = 4
    REPLACED = 5
    FAILED = 6


_REFUSALS: dict[CodeState, type[Refused]] = {
    CodeState.VALIDATED: CodeUsed,
    CodeState.EXPIRED: CodeExpired,
    CodeState.BLOCKED: CodeBlocked,
    CodeState.REPLACED: CodeNeverSent,
    CodeState.FAILED: CodeNeverSent,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a try: the code's state and tries from now on, and the refusal to raise if there is one."""

    state: CodeState
    tries: int
    refusal: Refused | None


def new_code(randbelow: Callable[[int], int]) -> str:
    """Return six digits drawn with `randbelow`; the first is never 0, so that an integer keeps them all."""
    return str(_LOWEST + randbelow(_CODES))


def shown_state(state: CodeState, expires_at: datetime, now: datetime) -> CodeState:
    """Return the state as it is at `now`: a sent code past its end is expired, whatever the row still says."""
    return CodeState.EXPIRED if state is CodeState.SENT and now >= expires_at else state


def typed(given: str) -> str:
    """Return the code that a person typed or pasted: without spaces, dashes and invisible marks, in ASCII digits."""
    if len(given) > _MOST_TYPED:
        return given
    code = digits.plain(given).translate(_BETWEEN_DIGITS)
    # A spreadsheet's or JSON's whole number.
    return code.removesuffix(".0")


def judge(
    given: str,
    expected: str,
    *,
    state: CodeState,
    tries: int,
    expires_at: datetime,
    now: datetime,
) -> Judgement:
    """Return what the try `given` makes of the code `expected`; only a wrong try on a live code counts."""
    # Compared before anything else is looked at, so that the time taken reveals nothing. As bytes: compare_digest
    # refuses text that is not ASCII.
    right = hmac.compare_digest(typed(given).encode("utf-8", "surrogatepass"), expected.encode())
    current = shown_state(state, expires_at, now)
    if current is not CodeState.SENT:
        return Judgement(current, tries, _REFUSALS[current]())
    if right:
        return Judgement(CodeState.VALIDATED, tries, None)
    tries += 1
    refusal = CodeWrong(tries_left=max(MAX_TRIES - tries, 0))
    return Judgement(CodeState.BLOCKED if tries >= MAX_TRIES else CodeState.SENT, tries, refusal)


def minutes_of(timeout: int) -> int:
    """Return the minutes of a timeout in seconds, rounded up."""
    return -(-timeout // 60)


def render(template: str, *, code: str, company: str, minutes: int) -> str:
    """Return the SMS for a code; braces that name nothing known stay as they are."""
    if minutes == 1:
        template = template.replace("{minutes} minutes", "{minutes} minute")
    values = {"code": code, "company": company, "minutes": str(minutes)}
    # One pass, so that a company named "{code}" is a name and nothing more.
    return _FIELD.sub(lambda field: values[field[1]], template)


def check_template(template: str, *, company: str, most_segments: int) -> None:
    """Raise MessageTooLong when the longest SMS that a template makes has more segments than an SMS may have."""
    longest = render(template, code=str(_LOWEST), company=company, minutes=minutes_of(TIMEOUT_MAX))
    count = segments.count(composed(longest))
    if count > most_segments:
        raise MessageTooLong(parameter="code_template", segments=count, limit=most_segments)


def wait_before_next(
    sent_times: Sequence[datetime],
    *,
    now: datetime,
    every_seconds: int = 30,
    per_hour: int = 5,
) -> int:
    """Return how many seconds to wait before the next code to this number (0: none); a limit of 0 is no limit."""
    newest_first = sorted(sent_times, reverse=True)
    free_at = [now]
    if every_seconds and newest_first:
        free_at.append(newest_first[0] + timedelta(seconds=every_seconds))
    if per_hour and len(newest_first) >= per_hour:
        free_at.append(newest_first[per_hour - 1] + timedelta(hours=1))
    return -((now - max(free_at)) // timedelta(seconds=1))
