"""Lists by rule: counted before use, shown page by page, and written to like any other list."""

import pytest

from smsflow import runtime, testing
from smsflow.domain.selection import read_rule
from smsflow.errors import AlreadyExists, NotFound, ParameterInvalid
from smsflow.services.campaigns import draft, prepare
from smsflow.services.contacts import contacts, lists
from smsflow.services.messages.prepare import Limits
from smsflow.store.contacts import contacts as stored
from smsflow.store.contacts import lists as stored_lists
from smsflow.store.contacts.selections import Members

NOW = runtime.now()
PEOPLE = {
    "+237690000001": {"ville": "Douala", "inscrit": "2026-01-05"},
    "+237690000002": {"ville": "DOUALA ", "inscrit": "31/12/2025"},
    "+237690000003": {"ville": "Yaoundé"},
    "+237690000004": {},
}


@pytest.fixture
async def shop(platform):
    company = await testing.a_company(platform)
    other = await testing.a_company(platform, name="Autre")
    async with platform.database.transaction() as tx:
        for number, attributes in PEOPLE.items():
            await contacts.put(tx, company, number, attributes, source="manual", now=NOW)
        await contacts.put(tx, other, "+237690000009", {"ville": "Douala"}, source="manual", now=NOW)
    return company


def rules(*sentences):
    return [read_rule(sentence) for sentence in sentences]


async def test_a_list_by_rule_holds_whoever_fulfils_all_its_rules_today(platform, shop):
    async with platform.database.transaction() as tx:
        wanted = rules("ville = douala", "inscrit after 2025-12-31")
        list_id = await lists.add_list(tx, shop.id, "Nouveaux", rules=wanted, now=NOW)
        (one,) = await lists.show_lists(tx, shop.id)
        assert (one.contacts, one.counted_at, list(one.rules)) == (1, NOW, wanted)

        await contacts.put(
            tx, shop, "690000005", {"ville": "Douala", "inscrit": "2026-02-01"}, source="manual", now=NOW
        )

        first = await lists.page_of(tx, shop.id, list_id, after=0, limit=1)
        second = await lists.page_of(tx, shop.id, list_id, after=first.after, limit=2)
    assert [c.number for c in (*first.contacts, *second.contacts)] == ["+237690000001", "+237690000005"]


async def test_a_list_by_rule_is_walked_stretch_by_stretch(platform, shop, monkeypatch):
    monkeypatch.setattr(stored, "WITHIN", 2)
    async with platform.database.transaction() as tx:
        members = Members(selections=[rules("ville = Yaoundé")])
        seen, after = [], 0
        while after is not None:
            page = await stored.page_of(tx, shop.id, members, after=after, limit=5, within=1)
            seen.append([c.number for c in page.contacts])
            after = page.after

        assert seen == [[], [], ["+237690000003"], [], []]
        assert await stored.count_of(tx, shop.id, members) == 1
        assert (
            await stored.count_of(tx, shop.id, Members(selections=[rules("ville = Yaoundé"), rules("x is empty")])) == 4
        )


async def test_a_list_by_rule_is_counted_before_it_is_kept_and_again_when_it_is_changed(platform, shop):
    async with platform.database.transaction() as tx:
        assert await lists.count(tx, shop.id, rules("ville is empty")) == 1
        list_id = await lists.add_list(tx, shop.id, "Sans ville", rules=rules("ville is empty"), now=NOW)

        await lists.change_list(tx, shop.id, list_id, "Avec", rules=rules("ville != douala"), now=NOW)

        assert [(one.name, one.contacts) for one in await lists.show_lists(tx, shop.id)] == [("Avec", 2)]


async def test_an_impossible_list_is_refused(platform, shop):
    async with platform.database.transaction() as tx:
        by_rule = await lists.add_list(tx, shop.id, "Douala", rules=rules("ville = douala"), now=NOW)
        by_hand = await lists.add_list(tx, shop.id, "Main", now=NOW)

        with pytest.raises(ParameterInvalid):
            await lists.count(tx, shop.id, [])
        with pytest.raises(ParameterInvalid):
            await lists.list_named(tx, shop.id, "douala", now=NOW)
        with pytest.raises(ParameterInvalid):
            await lists.change_list(tx, shop.id, by_rule, "Douala", rules=None, now=NOW)
        with pytest.raises(AlreadyExists):
            await lists.change_list(tx, shop.id, by_hand, "DOUALA", rules=None, now=NOW)
        with pytest.raises(NotFound):
            await lists.change_list(tx, shop.id + 1, by_rule, "Douala", rules=rules("a = b"), now=NOW)


async def test_a_campaign_writes_to_lists_by_rule_once_each_and_not_to_those_it_leaves_out(platform, shop):
    await testing.a_route(platform)
    table = (await platform.directory.routing()).table
    async with platform.database.transaction() as tx:
        await lists.add_list(tx, shop.id, "Douala", rules=rules("ville contains oual"), now=NOW)
        await lists.add_list(tx, shop.id, "Inscrits", rules=rules("inscrit after 2000-01-01"), now=NOW)
        await lists.add_list(tx, shop.id, "Anciens", rules=rules("inscrit before 2026-01-01"), now=NOW)
        three = await contacts.find(tx, shop, "690000003")
        await lists.put_in(tx, shop.id, three.id, "Main", now=NOW)
        wanted = draft.Draft(
            "Rentrée",
            "Bonjour {ville|vous}",
            lists=["Douala", "Inscrits", "Main"],
            without=["Anciens"],
            numbers=["690000001", "690000002", "690000004", "690000008"],
        )
        campaign = await draft.draft(tx, shop, wanted, now=NOW)
        walk = await prepare.begin(tx, shop.id, campaign)
        while not walk.done:
            walk = await prepare.step(tx, shop, campaign, walk, routes=table, limits=Limits(), links=None, batch=1)

        rows = await prepare.recipients.following(tx, shop.id, campaign, after=0, limit=10)

    assert [(r.number, r.values) for r in rows] == [
        ("+237690000003", {"ville": "Yaoundé"}),
        ("+237690000001", {"ville": "Douala"}),
        ("+237690000004", None),
        ("+237690000008", None),
    ]


async def test_how_many_contacts_a_list_has_is_kept_whatever_changes_it(platform, shop):
    async def kept(tx):
        counted = "SELECT count(*) FROM contact_in_list m WHERE m.company_id = l.company_id AND m.list_id = l.id"
        rows = await tx.execute(f"SELECT l.counted, ({counted}) FROM contact_list l WHERE l.company_id = {shop.id}", {})
        return [tuple(row) for row in rows]

    async with platform.database.transaction() as tx:
        list_id = await lists.add_list(tx, shop.id, "Douala", now=NOW)
        people = [stored.NewContact(n, f"+23769000001{n}", "CM", {}) for n in range(5)]
        for _ in range(2):  # the second time, all of them are there
            await stored.write(tx, shop.id, people, source="import", update=True, lists=[list_id], now=NOW)
        assert await kept(tx) == [(5, 5)]

        await contacts.delete(tx, shop, "+237690000010")
        found = await contacts.find(tx, shop, "+237690000011")
        await stored_lists.take_out(tx, shop.id, list_id, found.id)
        assert await kept(tx) == [(3, 3)]

        await lists.change_list(tx, shop.id, list_id, "Littoral", rules=None, now=NOW)
        assert await kept(tx) == [(3, 3)]
        await lists.delete_list(tx, shop.id, "Littoral")
        assert await kept(tx) == []
