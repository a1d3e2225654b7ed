"""Make the bench's company, its token and its connector on a running SMSFLOW; print the token as a load generator sends it."""

import argparse
import asyncio
import contextlib
import json
import sys
import time
import urllib.request
from datetime import timedelta

from smsflow import observe
from smsflow.runtime import new_token, now, platform
from smsflow.services.accounts.companies import open_company
from smsflow.services.accounts.tokens import digest
from smsflow.services.accounts.users import add_user
from smsflow.settings import load
from smsflow.store.accounts import tokens, users
from smsflow.store.routing import connectors, routes

_READY = 60.0


def wait_until_ready(port: int) -> None:
    """Wait until the platform says that it is ready; its port opens before its database does."""
    deadline = time.monotonic() + _READY
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return
        time.sleep(0.1)
    sys.exit(f"SMSFLOW does not become ready on port {port}")


async def prepare(port: int, window: int, *, enabled: bool) -> str:
    """Return a token of a company that can pay for everything, routed to an operator on loopback."""
    settings = load()
    wait_until_ready(settings.port)
    url = settings.database_url or (settings.data_dir / "database_url").read_text().strip()
    async with platform(settings, url) as here, here.database.transaction() as tx:
        company_id = await open_company(
            tx, "Bench", country="CM", timezone="Africa/Douala", credits=100_000_000, sender="BENCH", now=now()
        )
        await add_user(tx, f"bench{company_id}", new_token(), company_id=company_id, is_admin=False)
        login = await users.login(tx, f"bench{company_id}")
        assert login is not None
        token = new_token()
        await tokens.add_token(tx, digest(token), login.user, now=now(), expires_at=now() + timedelta(days=1))
        columns = {
            "name": f"bench{company_id}",
            "host": "127.0.0.1",
            "port": port,
            "system_id": "bench",
            "password_sealed": here.vault.seal("bench"),
            "window": window,
            "enabled": enabled,
        }
        connector_id = await connectors.add_connector(tx, columns)
        assert connector_id is not None
        await routes.add_route(
            tx, connector_id, priority=1, country=None, prefix=None, company_id=company_id, sender=None, kind=None
        )
    return token


def main() -> None:
    """Read the arguments and print the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=27750, help="SMPP port of the operator on loopback")
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--no-connector", action="store_true", help="accept only: the connector is disabled")
    arguments = parser.parse_args()
    observe.configure("warning")
    token = asyncio.run(prepare(arguments.port, arguments.window, enabled=not arguments.no_connector))
    print(json.dumps({"headers": [f"Authorization: Token {token}"]}))


if __name__ == "__main__":
    main()
