"""The result of a campaign as a file."""

from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

from smsflow.domain.message import Status
from smsflow.services.campaigns import export, launch
from smsflow.services.contacts import optouts
from tests.services.campaigns.test_story import campaigns, launched

__all__ = ["campaigns"]


def _text(file):
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    return file.read_text("utf-8-sig")


def _rows(file):
    with CalamineWorkbook.from_path(file) as book:
        return book.get_sheet_by_index(0).to_python()


@pytest.fixture
async def done(campaigns, monkeypatch):
    """A campaign of seven recipients: delivered, failed, opted out; the last two wait."""
    monkeypatch.setattr(export, "_PAGE", 3)
    await campaigns.open(contacts_=7)
    await campaigns.query('UPDATE contact SET attributes = \'{"prenom": "=1+1"}\' WHERE id = 2')
    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(
            tx, campaigns.company.id, ["+237690000003"], scope="all", source="manual", author="awa", now=campaigns.now
        )
    campaign_id = await launched(campaigns)
    await campaigns.turn(campaign_id, batch=5)
    await campaigns.query("UPDATE message SET status = 2, sent_at = :now", now=campaigns.now)
    await campaigns.end({"+237690000001": (Status.DELIVERED, None), "+237690000002": (Status.FAILED, "UNDELIV 027")})
    return campaign_id


async def test_a_csv_has_a_row_for_each_recipient_in_words_and_in_the_companys_time(campaigns, done, tmp_path):
    file = tmp_path / "result.csv"

    async with campaigns.platform.database.autocommit() as tx:
        written = await export.export(tx, campaigns.company, done, file)

    assert written == 7
    assert _text(file).splitlines() == [
        "number;prenom;state;reason;segments;sent;done",
        "'+237690000001;Client1;delivered;;1;2026-11-26 13:00:00;2026-11-26 13:00:00",
        "'+237690000002;'=1+1;failed;absent subscriber (UNDELIV 027);1;2026-11-26 13:00:00;2026-11-26 13:00:00",
        "'+237690000003;Client3;not written to;opted out;;;",
        "'+237690000004;Client4;sent;;1;2026-11-26 13:00:00;",
        "'+237690000005;;sent;;1;2026-11-26 13:00:00;",
        "'+237690000006;Client6;waiting;;;;",
        "'+237690000007;Client7;waiting;;;;",
    ]


async def test_a_workbook_has_the_same_rows_and_its_words_may_be_translated(campaigns, done, tmp_path):
    file = tmp_path / "result.xlsx"

    async with campaigns.platform.database.autocommit() as tx:
        written = await export.export(tx, campaigns.company, done, file, translate=str.upper)

    assert written == 7
    heading, *rows = _rows(file)
    assert heading == ["NUMBER", "prenom", "STATE", "REASON", "SEGMENTS", "SENT", "DONE"]
    assert rows[1][:4] == ["+237690000002", "=1+1", "FAILED", "ABSENT SUBSCRIBER (UNDELIV 027)"]


async def test_those_that_a_cancelled_campaign_never_came_to_have_that_reason(campaigns, done, tmp_path):
    await campaigns.act(launch.cancel, done)
    # Messages are kept for a time, recipients for longer.
    await campaigns.query("DELETE FROM message WHERE number = '+237690000001'")

    async with campaigns.platform.database.autocommit() as tx:
        await export.export(tx, campaigns.company, done, tmp_path / "result.csv")

    lines = _text(tmp_path / "result.csv").splitlines()
    assert lines[-1] == "'+237690000007;Client7;not written to;the campaign was cancelled before its turn;;;"
    assert lines[1] == "'+237690000001;Client1;;;;;"


async def test_an_sms_that_was_cancelled_says_by_what(campaigns, tmp_path):
    await campaigns.open(contacts_=3)
    campaign_id = await launched(campaigns)
    await campaigns.turn(campaign_id, batch=2)
    number, company_id, later = "+237690000001", campaigns.company.id, campaigns.now + timedelta(seconds=1)
    async with campaigns.platform.database.transaction() as tx:
        await optouts.opt_out(tx, company_id, [number], scope="marketing", source="sms", author="", now=campaigns.now)
        await optouts.opt_in(tx, company_id, [number], source="sms", author="", now=later)
    await campaigns.act(launch.cancel, campaign_id)

    async with campaigns.platform.database.autocommit() as tx:
        await export.export(tx, campaigns.company, campaign_id, tmp_path / "result.csv")

    first, second, _ = (line.split(";") for line in _text(tmp_path / "result.csv").splitlines()[1:])
    assert first[2:4] == ["cancelled", "opted out"]
    assert second[2:4] == ["cancelled", "the campaign was cancelled before its turn"]
