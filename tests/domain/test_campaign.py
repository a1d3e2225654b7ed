import pytest

from smsflow.domain import campaign
from smsflow.domain.campaign import Ends
from smsflow.errors import StateRefused

ALLOWED = {(state, act) for act, states in campaign.ACTS.items() for state in states}


def test_every_state_that_an_act_begins_in_is_a_state():
    assert {state for state, _ in ALLOWED} == set(campaign.STATES)


@pytest.mark.parametrize("state", campaign.STATES)
@pytest.mark.parametrize("act", campaign.ACTS)
def test_an_act_is_refused_in_every_state_that_the_table_does_not_name(state, act):
    if (state, act) in ALLOWED:
        campaign.check(state, act)
    else:
        with pytest.raises(StateRefused):
            campaign.check(state, act)


@pytest.mark.parametrize("act", ["prepare", "launch", "pause", "resume", "cancel", "edit"])
@pytest.mark.parametrize("state", ["finished", "cancelled"])
def test_a_campaign_that_has_ended_stays_so(state, act):
    with pytest.raises(StateRefused):
        campaign.check(state, act)


@pytest.mark.parametrize(
    ("final", "failed", "most", "pauses"),
    [
        (500, 150, 0.3, False),
        (500, 151, 0.3, True),
        (151, 151, 0.3, True),
        (150, 150, 0.3, False),
        (1000, 300, 0.3, False),
        (1000, 301, 0.3, True),
        (500, 51, 0.1, True),
        (9000, 9000, 1, False),
    ],
)
def test_a_campaign_pauses_when_more_than_its_share_of_the_last_500_or_more_failed(final, failed, most, pauses):
    assert campaign.fails_too_often(Ends(final, failed), most=most) is pauses
