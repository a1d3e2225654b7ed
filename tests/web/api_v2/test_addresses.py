from ipaddress import ip_network

import pytest

from smsflow.web.api_v2.login import caller_address
from smsflow.web.http.request import Request

OURS = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def request(peer, forwarded=None):
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": headers,
        "client": (peer, 1),
    }
    return Request(scope, None)


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("41.202.207.1", None, "41.202.207.1"),
        ("41.202.207.1", "1.2.3.4", "41.202.207.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("", None, ""),
    ],
)
def test_logins_are_counted_by_the_nearest_address_that_is_not_our_proxys(peer, forwarded, counted):
    assert caller_address(request(peer, forwarded), OURS) == counted


def test_nobodys_word_counts_without_a_trusted_proxy():
    assert caller_address(request("10.0.0.1", "1.2.3.4"), []) == "10.0.0.1"
