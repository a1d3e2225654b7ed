"""Commands beside a platform that works: one that meets another transaction is tried again, or says so in a sentence."""

import psycopg
import pytest

from smsflow.cli.failures import failure
from smsflow.cli.work import transact
from smsflow.store.postgres.transactions import text


@pytest.fixture
def here(environment, database_url, monkeypatch):
    """The settings of a command."""
    for name, value in {**environment, "SMSFLOW_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)


def meets_conflicts(number):
    """Return a job that changes something, then gives way to another transaction so many times."""
    tries = []

    async def job(tx):
        await tx.execute(
            "INSERT INTO late_refusal (company_id, message_id, attempt, received_at) VALUES (1, 1, 1, now())"
        )
        tries.append(1)
        if len(tries) <= number:
            await tx.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$")
        return len(tries)

    return job


def test_a_command_that_gave_way_to_another_transaction_is_done_by_the_next_try(here):
    assert transact(meets_conflicts(2)) == 3
    assert transact(_count) == 1


def test_a_command_that_gives_way_every_time_says_so_and_changes_nothing(here):
    with pytest.raises(psycopg.errors.DeadlockDetected) as met:
        transact(meets_conflicts(9))

    said = failure(met.value)
    assert (said.code, said.sentence) == (
        "database_busy",
        "the platform's own work was in the way (deadlock detected): try again.",
    )
    assert transact(_count) == 0


async def _count(tx):
    return (await tx.execute(text("SELECT count(*) FROM late_refusal"))).scalar_one()
