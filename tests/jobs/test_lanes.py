"""How far campaigns are ahead of what a lane sends."""

from smsflow.jobs.campaigns import LaneRoom

TURN = 0.5


class Sending:
    """A lane with what waits for it."""

    def __init__(self, rate=None):
        self.lane, self.rate, self.moment, self.waits = LaneRoom(), rate, 1.0, 0

    def turns(self, count, *, speed, demand=10**6):
        """Let campaigns give what they have and the lane send `speed` SMS a second; return the most that waited."""
        most = 0
        for _ in range(count):
            self.moment += TURN
            room = self.lane.room(self.waits, self.moment, rate=self.rate)
            self.lane.given = min(room, demand)
            self.waits += self.lane.given
            most = max(most, self.waits)
            self.waits -= min(self.waits, int(speed * TURN))
        return most


def test_a_lane_whose_rate_is_known_is_never_more_than_three_seconds_ahead():
    assert Sending(rate=20).turns(50, speed=20) == 60


def test_a_lane_without_a_rate_is_three_seconds_ahead_once_its_speed_is_seen():
    sending = Sending()
    sending.turns(50, speed=40)

    assert sending.turns(10, speed=40) == 120


def test_a_fast_lane_is_given_more_until_it_no_longer_sends_everything():
    sending = Sending()
    sending.turns(12, speed=5000)

    assert 5000 * TURN < sending.turns(10, speed=5000) <= 3 * 5000


def test_a_slow_campaign_does_not_show_that_its_lane_is_fast():
    sending = Sending()
    sending.turns(50, speed=20, demand=1)

    assert sending.turns(1, speed=20) <= 200


def test_a_lane_that_stood_still_is_given_no_more_meanwhile_and_enough_when_it_sends_again():
    sending = Sending()
    sending.turns(20, speed=1000)

    assert sending.turns(20, speed=0) <= 3 * 1000
    sending.turns(20, speed=1000)
    assert sending.turns(10, speed=1000) == 3 * 1000


def test_turns_that_follow_quickly_see_the_speed_of_a_lane_that_takes_its_sms_in_batches():
    sending = Sending()
    sending.turns(20, speed=1000)
    sending.moment += TURN
    waited = []
    for turn in range(400):
        sending.moment += 0.01
        room = sending.lane.room(sending.waits, sending.moment)
        sending.lane.given += room
        sending.waits += room
        waited.append(sending.waits)
        if turn % 10 == 9:
            sending.waits -= min(sending.waits, 100)

    assert 2 * 1000 <= min(waited) <= max(waited) <= 4 * 1000
