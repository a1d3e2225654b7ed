"""The refusals of SMSFLOW: one tree of exceptions, each with a stable code, an HTTP status and a sentence."""

from typing import Any, ClassVar


class Refused(Exception):
    """The request was refused."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, **details: Any) -> None:
        """Keep `details`: the class's docstring is the sentence, and they fill its braces."""
        self.details = details
        super().__init__((type(self).__doc__ or "").format_map(details))


class ParameterMissing(Refused):
    """{parameter} is mandatory: give it a value."""

    code = "parameter_missing"


class ParameterInvalid(Refused):
    """{parameter} has the wrong form: {expected}."""

    code = "parameter_invalid"


class NumberInvalid(Refused):
    """{parameter} is not a phone number of {country} nor an international one: {number}."""

    code = "number_invalid"


class NumberNotMobile(Refused):
    """{parameter} is not a mobile number: {number}."""

    code = "number_not_mobile"


class MessageTooLong(Refused):
    """{parameter} has {segments} segments; the limit is {limit}."""

    code = "message_too_long"


class ParameterRepeated(Refused):
    """{parameter} is given more than once: a request has one."""

    code = "parameter_repeated"


class DateOutOfRange(Refused):
    """{parameter} must be a Unix time from now to one year ahead."""

    code = "date_out_of_range"


class BodyUnreadable(Refused):
    """The body cannot be read as {content_type}."""

    code = "body_unreadable"


class NoRoute(Refused):
    """No route leads to {number}: add one with `smsflow route add`."""

    code = "no_route"


class ConnectorDisabled(NoRoute):
    """The connector that leads to {number} is disabled: enable it, or try again in {retry_after} seconds."""

    code = "connector_disabled"
    status = 503


class CodeWrong(Refused):
    """The code is wrong: {tries_left} tries are left."""

    code = "code_wrong"


class CodeExpired(Refused):
    """The code has expired: ask for a new one."""

    code = "code_expired"


class CodeBlocked(Refused):
    """The code is blocked after too many wrong tries: ask for a new one."""

    code = "code_blocked"


class CodeUsed(Refused):
    """The code was already used: ask for a new one."""

    code = "code_used"


class CodeNeverSent(Refused):
    """No code was sent to this number."""

    code = "code_never_sent"


class Unauthenticated(Refused):
    """The token is missing, unknown, expired or revoked: ask for a new one."""

    code = "token_invalid"
    status = 401


class LoginFailed(Refused):
    """The username or the password is wrong."""

    code = "login_failed"
    status = 401


class NotEnoughCredits(Refused):
    """{needed} credits are needed and {balance} are left."""

    code = "not_enough_credits"
    status = 402


class CreditsMissing(NotEnoughCredits):
    """{needed} credits are needed and {balance} are left: {missing} are missing."""


class AccountSuspended(Refused):
    """The account is suspended."""

    code = "account_suspended"
    status = 403


class SenderNotAllowed(Refused):
    """The sender {sender} is not allowed for this account."""

    code = "sender_not_allowed"
    status = 403


class CountryNotAllowed(Refused):
    """The country {country} is not allowed for this account."""

    code = "country_not_allowed"
    status = 403


class OptedOut(Refused):
    """{number} has opted out of {scope}."""

    code = "opted_out"
    status = 403


class OutsideHours(Refused):
    """Marketing may not reach {number} at that time: it may from {opens}."""

    code = "outside_hours"
    status = 403


class DailyLimitReached(Refused):
    """{number} gets no more than {limit} marketing SMS a day."""

    code = "daily_limit"
    status = 403


class NotFound(Refused):
    """There is no {what} {id}."""

    code = "not_found"
    status = 404


class MethodNotAllowed(Refused):
    """The method {method} is not allowed here: use {allowed}."""

    code = "method_not_allowed"
    status = 405


class AlreadyExists(Refused):
    """There is already a {what} {name}."""

    code = "already_exists"
    status = 409


class Ambiguous(Refused):
    """Several have the name {name}: say which {what} by its id ({ids})."""

    code = "ambiguous"
    status = 409


class InUse(Refused):
    """The {what} {name} cannot be removed: {reason}."""

    code = "in_use"
    status = 409


class AlreadyLeft(Refused):
    """{id} has left or ended: it can no longer be cancelled."""

    code = "already_left"
    status = 409


class StateRefused(Refused):
    """The {what} is {state}: to {act} it, it has to be {allowed}."""

    code = "state_refused"
    status = 409


class ApprovalNeeded(Refused):
    """The company demands an approval: submit the campaign, and somebody who may approve it launches it."""

    code = "approval_needed"
    status = 403


class StopMissing(Refused):
    """Marketing must say how to opt out in {countries}: write {{stop}} into the text."""

    code = "stop_missing"
    status = 422


class HoursNeverOpen(Refused):
    """The campaign's hours ({hours}) are never allowed: marketing may be sent {allowed}. Choose hours within that."""

    code = "hours_never_open"
    status = 422


class ListGone(Refused):
    """A list that the campaign writes to or leaves out was deleted: choose its lists again, or draft it anew."""

    code = "list_gone"
    status = 409


class OwnCampaign(Refused):
    """Somebody who has written a campaign does not approve it: ask another approver."""

    code = "own_campaign"
    status = 403


class BodyTooLarge(Refused):
    """The body is larger than {limit} bytes."""

    code = "body_too_large"
    status = 413


class ContentTypeUnknown(Refused):
    """The content type {content_type} is not known: use a form, multipart or JSON."""

    code = "content_type_unknown"
    status = 415


class CharsetUnknown(Refused):
    """The body is announced in {charset}, which is not read: send it in UTF-8."""

    code = "charset_unknown"
    status = 415


class TooManyRequests(Refused):
    """Too many requests: try again in {retry_after} seconds."""

    code = "too_many_requests"
    status = 429


class Unavailable(Refused):
    """The platform cannot store the request now: nothing was charged, try again in {retry_after} seconds."""

    code = "unavailable"
    status = 503


class OutcomeUnknown(Refused):
    """The answer of the database was lost: the request may be stored and charged, look before you send it again."""

    code = "outcome_unknown"
    status = 503
