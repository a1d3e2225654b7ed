"""`/apiv2/smscode/` and `/apiv2/verify_code/`: codes sent, followed and verified."""

import falcon.asgi

from smsflow import observe
from smsflow.domain.account import Company
from smsflow.domain.verification import TIMEOUT_DEFAULT, TIMEOUT_MAX, TIMEOUT_MIN
from smsflow.errors import ParameterInvalid
from smsflow.runtime import randbelow
from smsflow.services.verifications import Code, check_code, is_judged, is_sent, list_codes, send_code, show_code
from smsflow.store.postgres.commits import commit
from smsflow.store.postgres.transactions import Tx
from smsflow.web.api_v2 import wire
from smsflow.web.api_v2.door import Door
from smsflow.web.http import forms
from smsflow.web.http.access import Access
from smsflow.web.http.request import Request

_TIMEOUT = f"a whole number from {TIMEOUT_MIN} to {TIMEOUT_MAX}"


class Codes:
    """One code, or the last ones."""

    access = Access.SENDING

    def __init__(self, door: Door) -> None:
        """Send through `door`."""
        self._door = door

    async def on_post(self, req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Send a code, which replaces the one before."""
        door, platform = self._door, self._door.platform
        fields = await forms.read(req, door.body_limit, numbers=wire.NUMBERS)
        number = forms.mandatory(fields, "phone_number", numeric=True)
        timeout = _timeout(fields)
        ways = await platform.directory.routing()
        now = door.clock()

        async def send(tx: Tx) -> Code:
            return await send_code(
                tx,
                company,
                ways.table,
                number,
                timeout,
                vault=platform.vault,
                randbelow=randbelow,
                now=now,
                limits=door.limits,
            )

        code = await commit(platform.database, send, is_stored=lambda tx, code: is_sent(tx, company, code))
        observe.accepted_total.inc()
        resp.data = wire.code_reply(code)

    async def on_get(self, req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Answer one code of the company by its id, or the last ones."""
        door, platform = self._door, self._door.platform
        code_id = forms.digits(req.get_param("id"), "id", expected="a whole number")
        now = door.clock()
        async with platform.database.autocommit() as tx:
            if code_id is not None:
                codes = [await show_code(tx, company.id, code_id, vault=platform.vault, now=now)]
            else:
                codes = await list_codes(tx, company.id, limit=wire.LIST_LIMIT, vault=platform.vault, now=now)
        resp.data = wire.codes_reply(codes)

    on_head = on_get


class CodeVerification:
    """Verifying a code."""

    access = Access.TOKEN

    def __init__(self, door: Door) -> None:
        """Verify through `door`."""
        self._door = door

    async def on_post(self, req: Request, resp: falcon.asgi.Response, company: Company) -> None:
        """Say whether the code is the right one."""
        door, platform = self._door, self._door.platform
        fields = await forms.read(req, door.body_limit, numbers=wire.NUMBERS)
        number = forms.mandatory(fields, "phone_number", numeric=True)
        given = forms.mandatory(fields, "code", numeric=True)
        now = door.clock()
        refusal = await commit(
            platform.database,
            lambda tx: check_code(tx, company, number, given, vault=platform.vault, now=now),
            is_stored=lambda tx, refusal: is_judged(tx, company, number, refusal),
        )
        # Outside of the transaction: a wrong try counts, so it must be committed.
        if refusal is not None:
            raise refusal
        resp.data = wire.verified_reply()


def _timeout(fields: forms.Fields) -> int:
    timeout = forms.digits(fields.get("timeout"), "timeout", expected=_TIMEOUT)
    if timeout is None:
        return TIMEOUT_DEFAULT
    if not TIMEOUT_MIN <= timeout <= TIMEOUT_MAX:
        raise ParameterInvalid(parameter="timeout", expected=_TIMEOUT)
    return timeout
