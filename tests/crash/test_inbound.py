"""`kill -9` while handsets send: every inbound SMS is one row with its whole text."""

from collections import Counter

import psycopg
import pytest

from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crash-kills")]

COUNT = 60


@pytest.mark.parametrize("what", ["dispatch", "postgres"])
async def test_a_kill_loses_no_part_of_an_inbound_sms_and_doubles_none(gateway, smsc, what):
    gateway.connect("DELETE FROM inbound")
    texts = [f"Réponse {what} {n} d'un téléphone. " * 12 for n in range(COUNT)]

    for n, text in enumerate(texts):
        number = f"+2376900{n:05d}"
        await smsc.ask("mo", source=number, destination="8080", text=text, mode="udh16", reverse=bool(n % 2))
        if n == COUNT // 2:
            gateway.kill(what)

    async def stored():
        try:
            return gateway.connect("SELECT count(*) FROM inbound")[0][0] >= COUNT
        except psycopg.OperationalError:
            return False

    async def nothing_waits():
        return (await smsc.ask("stats"))["deliveries_waiting"] == 0

    await until(stored, f"{COUNT} inbound SMS")
    await until(nothing_waits, "every delivery acknowledged")
    rows = gateway.connect("SELECT text, parts, total FROM inbound")
    assert Counter(text for text, *_ in rows) == Counter(texts)
    assert {(parts, total) for _, parts, total in rows} == {(3, 3)}
