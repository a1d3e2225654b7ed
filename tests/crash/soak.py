"""The long form of the crash tests: every scenario at random moments, a table of what came of it, exit 1 at a broken promise."""

# ruff: noqa: T201 - a program

import argparse
import asyncio
import json
import random
import sys
import time
import traceback
from dataclasses import asdict, fields
from functools import partial

from tests.cleanup import Run
from tests.crash import campaigns, database_faults, scenarios
from tests.crash.gateway import ROLES, Gateway, a_directory
from tests.crash.load import a_number, once
from tests.crash.operators import misbehave_in_every_way_under_load
from tests.crash.overload import overload
from tests.crash.pair import a_pair, anew
from tests.crash.promises import Count
from tests.crash.smsc import Smsc

VICTIMS = ("web", "dispatch", "jobs", "postgres", "backend", "supervisor", "all")

# An operator that was full for long is approached slowly, and a long load takes its time (seconds).
_PATIENCE = 300.0


class Table:
    """The result of each scenario."""

    def __init__(self):
        """Begin with nothing."""
        self.rows = {}
        self.broken = []

    async def run(self, name, scenario):
        """Run a scenario once, and add what it came to."""
        started = time.monotonic()
        try:
            count = await scenario
        except Exception as error:  # noqa: BLE001 - the next scenario tells something too
            self.broken.append(f"{name}: {error}")
            traceback.print_exc()
            return
        if count is None:
            print(f"{name}: skipped", flush=True)
            return
        self.rows.setdefault(name, Count())
        self.rows[name] += count
        print(f"{name}: {time.monotonic() - started:.0f} s, {asdict(count)}", flush=True)

    def show(self):
        """Print everything."""
        columns = [f.name for f in fields(Count)]
        print("\n| scenario | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
        for name, count in self.rows.items():
            print(f"| {name} | " + " | ".join(str(getattr(count, c)) for c in columns) + " |")
        print("\nbroken promises: " + ("; ".join(self.broken) if self.broken else "none"), flush=True)


async def main(given):
    """Run what was asked for, the kills `kills` times each, and begin nothing new after `minutes`."""
    chance = random.Random(given.seed)
    deadline = time.monotonic() + given.minutes * 60
    table = Table()
    print(f"seed {given.seed}", flush=True)
    async with a_directory("smsflow-soak-") as directory:
        gateway, smsc = Gateway(directory, patience=_PATIENCE), Smsc(directory)
        async with a_pair(gateway, smsc):
            for name, scenario in _chosen(given, gateway, smsc, chance):
                if time.monotonic() < deadline:
                    await anew(gateway, smsc)
                    await table.run(name, scenario())
            if "fairness" in given.only and given.backlog and time.monotonic() < deadline:
                await anew(gateway, smsc)
                await measure_fairness(gateway, smsc, given.backlog, table)
            await anew(gateway, smsc)
    table.show()
    return 1 if table.broken else 0


GROUPS = ("kills", "campaigns", "power", "operator", "operators", "database", "restarts", "overload", "fairness")

# Moments at which one run of three campaigns is struck.
_STRIKES = 4


def _chosen(given, gateway, smsc, chance):
    """Yield each scenario with its name; one of each kill before another of any, so that whatever the time allows is spread over all."""
    under_load = partial(partial, gateway=gateway, smsc=smsc)
    groups = {name: [] for name in GROUPS}
    for _ in range(given.kills):
        for what in VICTIMS:
            kill = under_load(scenarios.kill_under_load, what=what, at=chance.randrange(20, 1500))
            groups["kills"].append((f"kill -9 {what}", kill))
        everything = under_load(misbehave_in_every_way_under_load, seconds=given.seconds, chance=chance)
        groups["operators"].append(("operator does everything wrong, and kills", everything))
        cut = partial(database_faults.cut_the_power_under_load, at=chance.randrange(20, 1500))
        groups["power"].append(("power cut", cut))
        groups["restarts"] += [
            ("rolling restart", under_load(scenarios.replace_under_load)),
            ("graceful stop", under_load(scenarios.drain_under_load)),
            ("dispatch stands still past its lease", under_load(scenarios.freeze_under_load)),
        ]
    seconds = given.seconds
    for misdeed in scenarios.MISDEEDS:
        misbehave = under_load(scenarios.misbehave_under_load, misdeed=misdeed, seconds=seconds)
        groups["operator"].append((f"operator {misdeed}", misbehave))
    groups["operator"].append(("operator stands still", under_load(scenarios.stop_under_load, seconds=seconds)))
    away = partial(database_faults.take_the_database_away_under_load, seconds=seconds / 2)
    groups["database"] += [
        ("database restarts, is away, has no connection left", away),
        ("database hangs", under_load(database_faults.hang_the_database_under_load, seconds=seconds)),
        ("disk full", partial(database_faults.fill_the_disk_under_load, seconds=seconds)),
    ]
    groups["overload"].append(("overload", partial(overload, seconds=seconds * 5)))
    for strikes in _rounds(given.kills):
        for what in (*ROLES, "postgres", "all"):
            struck = partial(_kill_while_campaigns_run, gateway, smsc, [what] * strikes, chance)
            groups["campaigns"].append((f"campaigns, kill -9 {what}", struck))
        cut = partial(campaigns.cut_the_power_while_campaigns_run, chance=chance, cuts=strikes)
        groups["campaigns"].append(("campaigns, power cut", cut))
    for name in GROUPS:
        if name in given.only:
            yield from groups[name]


def _rounds(moments):
    """Divide moments into runs of campaigns."""
    return [min(_STRIKES, moments - done) for done in range(0, moments, _STRIKES)]


async def _kill_while_campaigns_run(gateway, smsc, victims, chance):
    kills = campaigns.kills(gateway, victims)
    return await campaigns.strike_while_campaigns_run(gateway, smsc, kills, chance=chance)


async def measure_fairness(gateway, smsc, backlog, table):
    """Let one company queue `backlog` messages behind a rate of 100/s, and measure another's OTP and first message."""
    gateway.connect("UPDATE connector SET rate = 100")
    big = scenarios.a_load(gateway, connections=32, most=backlog)
    async with big:
        await big.finished()
    waiting = gateway.connect("SELECT count(*) FROM queue")[0][0]
    small = await gateway.another(f"small {scenarios.a_prefix()}", credits=10)
    started = time.monotonic()
    _, _, body = await once(gateway.port, small, "/apiv2/smscode/", phone_number=a_number(9_999_998))
    await smsc.receives(a_number(9_999_998), json.loads(body)["code"])
    otp = time.monotonic() - started
    # A number of its own, so that the handset can be asked for it.
    text = scenarios.a_prefix()
    started = time.monotonic()
    await once(gateway.port, small, "/apiv2/sms/", number=a_number(9_999_997), message=text)
    await smsc.receives(a_number(9_999_997), text)
    ordinary = time.monotonic() - started
    print(f"fairness: behind {waiting} messages at 100/s, OTP {otp:.2f} s, ordinary {ordinary:.2f} s", flush=True)
    if otp > 1 or ordinary > 2:
        table.broken.append(f"fairness: OTP {otp:.2f} s (1), ordinary {ordinary:.2f} s (2)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120, help="begin nothing new after this time")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="what to do; without it, everything")
    parser.add_argument(
        "--kills",
        type=int,
        default=20,
        help="how often each kill, power cut, restart and round of `operators` is done, beside an ordinary load and beside campaigns",
    )
    parser.add_argument(
        "--seconds", type=float, default=60,
        help="how long the operator misbehaves and the disk is full; the database is away half as long, an overload lasts five times as long",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random moments")
    parser.add_argument("--backlog", type=int, default=50_000, help="messages of the fairness measurement; 0 skips it")
    arguments = parser.parse_args()
    run = Run()
    try:
        sys.exit(asyncio.run(main(arguments)))
    finally:
        run.end()
