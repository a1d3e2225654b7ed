"""`/s/…`: the page by which a recipient gets out of a company's marketing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import falcon
import falcon.asgi

from smsflow.errors import TooManyRequests
from smsflow.runtime import Platform
from smsflow.services.contacts import by_link
from smsflow.services.contacts.by_link import Reader
from smsflow.web.http.access import Access
from smsflow.web.http.address import caller_address
from smsflow.web.http.request import Request
from smsflow.web.look.pages import HEADERS, environment, language

_POLICY: Final = "Content-Security-Policy"
_HEADERS: Final = {
    **HEADERS,
    _POLICY: HEADERS[_POLICY].replace("form-action 'none'", "form-action 'self'"),
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
_SHOWN: Final = 2
_Act = Callable[..., Awaitable[Reader | None]]


@dataclass(frozen=True, slots=True)
class _StopWords:
    question: str
    what: str
    button: str
    done: str
    rest: str


_WORDS = {
    "fr": _StopWords(
        "Ne plus recevoir les SMS publicitaires de {company} ?",
        "Vous pourrez encore recevoir d’autres SMS de {company}, comme un code ou le suivi d’une commande. Numéro : {number}.",
        "Me désabonner",
        "C’est fait",
        "{company} n’enverra plus de SMS publicitaires au numéro {number}.",
    ),
    "en": _StopWords(
        "Stop marketing SMS from {company}?",
        "You may still get other SMS from {company}, such as a code or news of an order. Number: {number}.",
        "Unsubscribe",
        "Done",
        "{company} will send no more marketing SMS to {number}.",
    ),
}


class Stop:
    """The page of one link: it asks once, and a POST does it."""

    access = Access.PUBLIC

    def __init__(self, platform: Platform, clock: Callable[[], datetime]) -> None:
        """Look links up in the platform's database."""
        self._platform, self._clock = platform, clock

    async def on_get(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """Ask; nothing changes."""
        await self._answer(by_link.look, req, resp, name, done=False)

    on_head = on_get

    async def on_post(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """Opt out, and say so."""
        await self._answer(by_link.ask, req, resp, name, done=True)

    async def _answer(self, act: _Act, req: Request, resp: falcon.asgi.Response, name: str, *, done: bool) -> None:
        address = caller_address(req, self._platform.settings.trusted_proxies)
        try:
            async with self._platform.database.transaction() as tx:
                reader = await act(tx, name, address=address, now=self._clock())
        except TooManyRequests as refusal:
            raise falcon.HTTPTooManyRequests(retry_after=refusal.details["retry_after"]) from None
        if reader is None:
            raise falcon.HTTPNotFound
        tongue = language(req.get_header("Accept-Language") or "")
        resp.text = _page(reader, tongue, done=done or reader.opted_out)
        resp.set_headers({**_HEADERS, "Content-Language": tongue})


def _page(reader: Reader, tongue: str, *, done: bool) -> str:
    words = _WORDS[tongue]
    values = {"company": reader.company, "number": f"…{reader.number[-_SHOWN:]}"}
    title, text = (words.done, words.rest) if done else (words.question, words.what)
    return (
        environment(__package__ or __name__)
        .get_template("stop.html")
        .render(
            language=tongue,
            title=title.format_map(values),
            text=text.format_map(values),
            button="" if done else words.button,
        )
    )
