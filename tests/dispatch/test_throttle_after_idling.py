from smsflow.dispatch.throttle import Throttle


def test_idle_hours_do_not_let_the_first_throttling_cut_the_rate_to_nothing():
    throttle = Throttle(None, now=0.0)
    for n in range(100):
        throttle.spend(7200.0 + n / 200)

    throttle.throttled(7200.5 / 7200)

    assert throttle.rate == 50


def test_submits_of_long_ago_say_nothing_about_the_rate_of_now():
    throttle = Throttle(None, now=0.0)
    for _ in range(500):
        throttle.spend(10.0)
    for _ in range(10):
        throttle.spend(100.0)

    throttle.throttled(100.1)

    assert throttle.rate == 5


def test_a_rate_that_climbed_back_ends_with_an_answer_and_never_while_one_asks_how_long_to_wait():
    throttle = Throttle(None, now=0.0)
    throttle.throttled(1.0)
    throttle.spend(2.0)
    throttle.accepted(2.0)
    for second in range(3, 200):
        throttle.wait(float(second))

    before = throttle.rate
    throttle.accepted(200.0)

    assert before is not None
    assert throttle.rate is None
