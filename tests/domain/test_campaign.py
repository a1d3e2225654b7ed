import pytest

from smsflow.domain import campaign
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


def test_a_campaign_pauses_when_more_than_three_in_ten_of_its_last_500_fail():
    assert not campaign.fails_too_often(150)
    assert campaign.fails_too_often(151)
    assert campaign.fails_too_often(51, most=0.1)
