"""`/s/…`: the page by which a recipient gets out of a company's marketing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import falcon.asgi
from markupsafe import Markup, escape

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
    broken: str
    instead: str
    busy: str
    later: str


_WORDS = {
    "fr": _StopWords(
        "Ne plus recevoir les SMS publicitaires de {company}\u202f?",
        "Vous pourrez encore recevoir d’autres SMS de {company}, comme un code ou le suivi d’une commande. Numéro\u202f: {number}.",
        "Me désinscrire",
        "C’est fait",
        "{company} n’enverra plus de SMS publicitaires au numéro {number}.",
        "Ce lien ne fonctionne pas",
        "Il est peut-être incomplet. Ouvrez-le depuis le SMS reçu, ou demandez à qui vous l’a envoyé de vous désinscrire.",
        "Trop d’essais",
        "Attendez dix minutes, puis ouvrez le lien à nouveau depuis le SMS reçu.",
    ),
    "en": _StopWords(
        "Stop marketing SMS from {company}?",
        "You may still get other SMS from {company}, such as a code or news of an order. Number: {number}.",
        "Unsubscribe",
        "Done",
        "{company} will send no more marketing SMS to {number}.",
        "This link does not work",
        "It may be incomplete. Open it from the SMS that you got, or ask its sender to opt you out.",
        "Too many tries",
        "Wait ten minutes, then open the link again from the SMS that you got.",
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
        tongue = language(req.get_header("Accept-Language") or "")
        words = _WORDS[tongue]
        try:
            async with self._platform.database.transaction() as tx:
                reader = await act(tx, name, address=address, now=self._clock())
        except TooManyRequests as refusal:
            resp.status_code = 429
            resp.set_header("Retry-After", str(refusal.details["retry_after"]))
            resp.text = _page(tongue, words.busy, words.later)
        else:
            if reader is None:
                resp.status_code = 404
                resp.text = _page(tongue, words.broken, words.instead)
            elif done or reader.opted_out:
                resp.text = _page(tongue, words.done, words.rest, reader)
            else:
                resp.text = _page(tongue, words.question, words.what, reader, button=words.button)
        resp.set_headers({**_HEADERS, "Content-Language": tongue})


def _page(tongue: str, title: str, text: str, reader: Reader | None = None, *, button: str = "") -> str:
    written = {} if reader is None else {"company": reader.company, "number": f"…{reader.number[-_SHOWN:]}"}
    # No browser translates a company's name.
    marked = {name: Markup('<span translate="no">{}</span>').format(value) for name, value in written.items()}
    return (
        environment(__package__ or __name__)
        .get_template("stop.html")
        .render(
            language=tongue,
            title=title.format_map(written),
            heading=escape(title).format_map(marked),
            text=escape(text).format_map(marked),
            button=button,
        )
    )
