"""The replies of the v2 API: for each an example, and the schema that the example and the server obey."""

from smsflow.web.api_v2.wire import CODE_STATE_NAMES, LIST_LIMIT, STATUS_NAMES
from smsflow.web.http.calls import Reply, Schema, object_of


def _listed(item: Schema) -> Schema:
    return object_of(data={"type": "array", "maxItems": LIST_LIMIT, "items": item})


SMS_STATUSES = {int(status): name for status, name in STATUS_NAMES.items()}
CODE_STATUSES = tuple(CODE_STATE_NAMES.values())

_SMS_ID: Schema = {"type": "string", "pattern": "^SMS[0-9]{7,18}$"}
_NUMBER: Schema = {"type": "string", "pattern": r"^\+?[1-9][0-9]{5,14}$"}
_DATE = "[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_DATE_OR_EMPTY: Schema = {"type": "string", "pattern": f"^({_DATE})?$"}


def error_schema(status: int) -> Schema:
    """Return the schema of the body that goes with the HTTP `status`."""
    return object_of(code={"type": "integer", "const": status}, message={"type": "string", "minLength": 1})


LOGIN = Reply(
    object_of(
        token={"type": "string", "minLength": 1},
        username={"type": "string"},
        code={"type": "integer", "const": 200},
        is_admin={"type": "boolean"},
        company_name={"type": "string"},
        company_id={"type": "integer", "minimum": 1},
    ),
    {
        "token": "xxxxxxxxxxxxxxxxxxxxxxxxx",
        "username": "awa",
        "code": 200,
        "is_admin": False,
        "company_name": "Ma société",
        "company_id": 1,
    },
)

SEND = Reply(
    object_of(
        message={"type": "string", "const": "success"},
        code={"type": "integer", "const": 200},
        sms_id=_SMS_ID,
        status={"type": "string", "enum": ["Reçu", "Planifié"]},
        total_sms={"type": "integer", "minimum": 1},
        planned_date=_DATE_OR_EMPTY,
    ),
    {
        "message": "success",
        "code": 200,
        "sms_id": "SMS0000001",
        "status": "Reçu",
        "total_sms": 1,
        "planned_date": "",
    },
)

SMS = Reply(
    _listed(
        object_of(
            sms_id=_SMS_ID,
            creation_date={"type": "string", "pattern": f"^{_DATE}$"},
            numero_destinataire=_NUMBER,
            total_sms={"type": "string", "pattern": "^[1-9][0-9]*$"},
            campagne={"type": ["string", "null"]},
            status={"type": "integer", "enum": list(SMS_STATUSES)},
            sender={"type": "string"},
            planned_date=_DATE_OR_EMPTY,
            status_name={"type": "string", "enum": list(SMS_STATUSES.values())},
        ),
    ),
    {
        "data": [
            {
                "sms_id": "SMS0000001",
                "creation_date": "01-02-2026 09:30:00",
                "numero_destinataire": "+237690000001",
                "total_sms": "1",
                "campagne": None,
                "status": 3,
                "sender": "SMSFLOW",
                "planned_date": "",
                "status_name": "Livré",
            },
        ],
    },
)

SMSCODE = Reply(
    object_of(
        id={"type": "integer", "minimum": 1},
        code={"type": "string", "pattern": "^[1-9][0-9]{5}$"},
        status={"type": "string", "const": "Envoyé"},
        numero=_NUMBER,
    ),
    {"id": 1042, "code": "422510", "status": "Envoyé", "numero": "+237690000001"},
)

VERIFY_CODE = Reply(
    object_of(
        code={"type": "integer", "const": 200},
        message={"type": "string", "const": "Le code a été validé"},
    ),
    {"code": 200, "message": "Le code a été validé"},
)

CODES = Reply(
    _listed(
        object_of(
            id={"type": "integer", "minimum": 1},
            code={"type": "integer", "minimum": 100_000, "maximum": 999_999},
            timeout={"type": "integer", "minimum": 30, "maximum": 86_400},
            status_name={"type": "string", "enum": list(CODE_STATUSES)},
            phone_number=_NUMBER,
        ),
    ),
    {
        "data": [
            {
                "id": 1042,
                "code": 422510,
                "timeout": 900,
                "status_name": "Envoyé",
                "phone_number": "+237690000001",
            },
        ],
    },
)

BALANCE = Reply(
    object_of(balance={"type": "integer", "minimum": 0}, partner={"type": "string"}),
    {"balance": 41158, "partner": "Ma société"},
)
