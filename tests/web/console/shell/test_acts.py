import pytest

from smsflow.web.console.shell.acts import page_of


@pytest.mark.parametrize(
    ("act", "subject", "address"),
    [
        ("campaign launched", "7", "/app/campaigns/7"),
        ("file received", "4", "/app/imports/4"),
        ("import undone", "4", "/app/imports/4"),
        ("role changed", "awa", ""),
        ("contact written", "+237690000001", ""),
    ],
)
def test_an_act_leads_to_what_it_was_done_to(act, subject, address):
    assert page_of(act, subject) == address
