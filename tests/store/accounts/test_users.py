"""Users are found by the folded form of their names, also those that the release before added."""

import uuid

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow import testing
from smsflow.domain.account import folded
from smsflow.store.accounts import users
from smsflow.store.postgres.migrate import migrate
from smsflow.store.postgres.transactions import Database, libpq_url, text
from tests.database import url_of

# As the release before adds a user.
OLD_INSERT = "INSERT INTO account_user (company_id, username, password_hash) VALUES (1, :username, 'x') RETURNING id"


@pytest.fixture
async def here(platform):
    await testing.a_company(platform)
    return platform


async def add(tx, username):
    return await users.add_user(tx, username, company_id=1, password_hash="x", is_admin=False)


async def found(tx, username):
    login = await users.login(tx, username)
    return login and login.user.id


@pytest.mark.parametrize(
    ("first", "second"), [("awa", "AWA"), ("İpek", "i̇pek"), ("Ａｗａ", " awa "), ("straße", "STRASSE")]
)
async def test_a_name_that_differs_by_case_or_width_is_taken(here, first, second):
    async with here.database.transaction() as tx:
        assert await add(tx, first) is not None
        assert await add(tx, second) is None


async def test_a_user_whom_the_release_before_added_is_found_and_then_has_the_form(here):
    async with here.database.transaction() as tx:
        old = (await tx.execute(text(OLD_INSERT), {"username": "İpek"})).scalar_one()

        assert await found(tx, "i̇PEK ") == old
        assert await add(tx, "i̇pek") is None
        assert (await tx.execute(text("SELECT folded FROM account_user"))).scalar_one() == folded("İpek")


async def test_of_two_users_with_one_form_each_is_found_by_the_name_as_it_stands(here):
    async with here.database.transaction() as tx:
        plain = await add(tx, "awa")
        wide = (await tx.execute(text(OLD_INSERT), {"username": "Ａｗａ"})).scalar_one()
        await add(tx, "other")

        assert (await found(tx, "awa"), await found(tx, "AWA")) == (plain, plain)
        assert await found(tx, "Ａｗａ") == wide


async def test_a_name_that_the_release_before_changes_is_compared_anew(here):
    async with here.database.transaction() as tx:
        user = await add(tx, "awa")
        await tx.execute(text("UPDATE account_user SET username = 'Binta' WHERE id = :id"), {"id": user})

        assert (await found(tx, "awa"), await found(tx, "BINTA")) == (None, user)


async def test_the_migration_gives_every_user_the_form_but_the_later_of_two(database_server):
    name = f"smsflow_users_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            url = url_of(database_server, name)
            migrate(url, revision="0013")
            with psycopg.connect(libpq_url(url), autocommit=True) as old:
                old.execute("INSERT INTO company (name, country, timezone) VALUES ('A', 'CM', 'UTC')")
                for username in ("Awa", "İpek", "Ａwa", "straße"):
                    old.execute(OLD_INSERT.replace(":username", "%s"), [username])

            migrate(url)

            database = Database(url, pool=2)
            async with database.autocommit() as tx:
                rows = await tx.execute(text("SELECT username, folded FROM account_user ORDER BY id"))
                assert [tuple(row) for row in rows] == [
                    ("Awa", "awa"),
                    ("İpek", folded("İpek")),
                    ("Ａwa", None),
                    ("straße", "strasse"),
                ]
                assert [await found(tx, username) for username in ("AWA", "Ａwa", "STRASSE")] == [1, 3, 4]
            await database.close()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_form_is_its_own_form_and_that_of_the_name_in_any_case(username):
    form = folded(username)

    assert folded(form) == form
    assert folded(f" {username}\t") == form
    assert folded(username.upper().lower()) == folded(username.lower())


def test_the_migration_folds_as_the_domain_does():
    import importlib

    migration = importlib.import_module("smsflow.store.migrations.versions.0014_usernames")
    for username in ("Awa", "İpek", "ılgaz", "straße", "Ａwa ", "Ǆ", "e\u0301mile", "ﬁ", "\u0345α"):
        assert migration._folded(username) == folded(username)
