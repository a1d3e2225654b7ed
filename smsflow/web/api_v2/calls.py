"""The v2 API as it describes itself: its seven calls, its errors and the names of its statuses."""

from smsflow.web.api_v2 import replies, sentences
from smsflow.web.http.calls import Api, Call, Parameter, Schema

_NUMBER: Schema = {"type": "string", "minLength": 1, "examples": ["+237690000001"]}

# Errors of every call beside its own; a GET has no body that could be too large or unknown.
_GENERAL_ERRORS = {"POST": (405, 408, 413, 415, 429, 503), "GET": (405, 429, 503)}

_ERRORS = (400, 401, 402, 403, 404, 405, 408, 413, 415, 429, 503)

_CALLS = (
    Call(
        name="login",
        method="POST",
        path="/auth2/get_token_auth/",
        parameters=(
            Parameter("username", {"type": "string", "minLength": 1}, mandatory=True),
            Parameter("password", {"type": "string", "minLength": 1, "format": "password"}, mandatory=True),
        ),
        reply=replies.LOGIN,
        errors=(400, 401, 429),
        needs_token=False,
    ),
    Call(
        name="send",
        method="POST",
        path="/apiv2/sms/",
        parameters=(
            Parameter("number", _NUMBER, mandatory=True),
            Parameter("message", {"type": "string", "minLength": 1}, mandatory=True),
            Parameter("sender_id", {"type": "string", "examples": ["SMSFLOW"]}),
            Parameter("campagn_id", {"type": "integer", "minimum": 1}),
            Parameter("planned_date", {"type": "integer", "format": "int64", "examples": [1767225600]}),
        ),
        reply=replies.SEND,
        errors=(400, 401, 402, 403, 404, 429),
    ),
    Call(
        name="sms",
        method="GET",
        path="/apiv2/sms/",
        parameters=(
            Parameter("id", {"type": "string", "pattern": "^SMS[0-9]{7,18}$", "examples": ["SMS0000001"]}),
            Parameter("campagn_id", {"type": "integer", "minimum": 1}),
        ),
        reply=replies.SMS,
        errors=(400, 401, 404),
    ),
    Call(
        name="smscode",
        method="POST",
        path="/apiv2/smscode/",
        parameters=(
            Parameter("phone_number", _NUMBER, mandatory=True),
            Parameter("timeout", {"type": "integer", "minimum": 30, "maximum": 86400, "default": 900}),
        ),
        reply=replies.SMSCODE,
        errors=(400, 401, 402, 403, 429),
    ),
    Call(
        name="verify_code",
        method="POST",
        path="/apiv2/verify_code/",
        parameters=(
            Parameter("phone_number", _NUMBER, mandatory=True),
            Parameter("code", {"type": "string", "pattern": "^[0-9]{6}$", "examples": ["422510"]}, mandatory=True),
        ),
        reply=replies.VERIFY_CODE,
        errors=(400, 401),
    ),
    Call(
        name="codes",
        method="GET",
        path="/apiv2/smscode/",
        parameters=(Parameter("id", {"type": "integer", "minimum": 1, "examples": [1042]}),),
        reply=replies.CODES,
        errors=(400, 401, 404),
    ),
    Call(
        name="balance",
        method="GET",
        path="/apiv2/balance/",
        parameters=(),
        reply=replies.BALANCE,
        errors=(401,),
    ),
)

API = Api(
    calls=_CALLS,
    errors=_ERRORS,
    general_errors=_GENERAL_ERRORS,
    error_example={"code": 400, "message": sentences.SENTENCES["parameter_missing"].format(parameter="number")},
    sms_statuses=replies.SMS_STATUSES,
    code_statuses=replies.CODE_STATUSES,
    error_schema=replies.error_schema,
)
