"""Keeps one bind up: connects, reconnects with backoff and jitter, and stops on errors that a retry cannot mend."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from smsflow import observe
from smsflow.connectors.smpp import bind_config
from smsflow.dispatch.lane import Lane
from smsflow.smpp.net.client import BindRefused, ConnectFailed, Link, connect
from smsflow.store.postgres.outages import first_line

log = structlog.get_logger(__name__)

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0
# A bind that lasted this long resets the backoff.
_GOOD_BIND = 30.0

Notify = Callable[[str, str], Awaitable[None]]


async def keep_bound(
    lane: Lane,
    password: str,
    *,
    notify: Notify,
    jitter: Callable[[], float],
    clock: Callable[[], float],
) -> None:
    """Bind and run the lane until cancelled, or until the operator says that the credentials are wrong.

    `notify(state, sentence)` is called at every change; `jitter()` is a number from 0 to 1.
    """
    name = lane.connector.name
    bound = observe.bound.labels(name)
    failures = 0
    while True:
        if not failures:
            await notify("connecting", f"binding to {lane.connector.host}:{lane.connector.port}")
        try:
            links = await _open(lane, password)
        except BindRefused as error:
            if error.permanent:
                sentence = (
                    f"{error}: check system_id and password (smsflow connector set {name} …), then it binds again"
                )
                log.error("bind_refused", connector=name, reason=str(error))
                await notify("stopped", sentence)
                return
            reason = str(error)
        except ConnectFailed as error:
            reason = error.reason
        except Exception as error:
            # A value that no bind can carry, or a fault of ours: tried again later, and seen by whoever looks at the connector.
            log.exception("bind_not_attempted", connector=name)
            reason = first_line(error)
        else:
            since = clock()
            bound.inc()
            try:
                log.info("bound", connector=name, operator=links[0].system_id)
                await notify("bound", f"bound to {links[0].system_id or lane.connector.host}")
                reason = await _run(lane, links)
            finally:
                bound.dec()
                for link in links:
                    await link.close(drain=0)
            if clock() - since > _GOOD_BIND:
                failures = 0
        failures += 1
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures - 1, 10)) * (0.5 + jitter() / 2)
        log.warning("bind_lost", connector=name, reason=reason, again_in=round(wait, 1))
        await notify("lost", reason)
        await asyncio.sleep(wait)


async def _open(lane: Lane, password: str) -> tuple[Link, ...]:
    """Return the bound links, the one for submits first; leave none open when one of them fails."""
    if lane.connector.bind == "trx":
        return (await connect(bind_config(lane.connector, password, mode="trx"), lane.traffic),)
    # The receiver first: receipts may come as soon as the transmitter is bound.
    receiver = await connect(bind_config(lane.connector, password, mode="rx"), lane.traffic)
    try:
        transmitter = await connect(bind_config(lane.connector, password, mode="tx"), lane.traffic)
    except BaseException:
        await receiver.close(drain=0)
        raise
    return transmitter, receiver


async def _run(lane: Lane, links: tuple[Link, ...]) -> str:
    """Run the lane until one of its links is lost; return why."""
    ends = [asyncio.create_task(link.wait_closed()) for link in links]
    sending = asyncio.create_task(lane.run(links[0]))
    try:
        await asyncio.wait([sending, *ends], return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and sending.exception() is not None:
            log.error("lane_failed", connector=lane.connector.name, exc_info=sending.exception())
        return next((end.result() for end in ends if end.done()), "the lane ended")
    finally:
        for end in ends:
            end.cancel()
        try:
            if not lane.alive():
                # Another node may bind in our place at any moment, and the lane may have to wait for the database.
                await asyncio.gather(*(link.close(drain=0) for link in links))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
