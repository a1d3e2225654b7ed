"""Bodies and heads that lie, never end or are too much: each gets a clear answer, and the platform goes on."""

import pytest

from tests.hostile.raw_http import JSON, LOGIN, SEND, head, is_well, refused, tell
from tests.machine import resident

MIB = 2**20


@pytest.fixture
def web(live_server):
    (pid,) = live_server.pids("web")
    return pid


async def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(live_server):
    declared = head("POST", LOGIN, JSON, "Content-Length: 99999999999")

    assert refused(await tell(live_server, declared), 413)


async def test_a_client_that_asks_whether_to_send_too_much_is_told_no_at_once(live_server):
    asking = head("POST", LOGIN, JSON, "Content-Length: 99999999", "Expect: 100-continue")

    assert refused(await tell(live_server, asking), 413)


async def test_a_body_without_a_token_is_not_waited_for(live_server):
    assert refused(await tell(live_server, head("POST", SEND, JSON, "Content-Length: 100")), 401)


async def test_a_body_that_goes_on_beyond_the_limit_is_cut_off_and_costs_no_memory(live_server, web):
    before = resident(web)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    answer = await tell(live_server, head("POST", LOGIN, JSON, "Transfer-Encoding: chunked"), *[chunk] * 3000)

    assert answer.status in {413, None}  # None: the connection was reset under what we still sent
    assert resident(web) - before < 50
    assert await is_well(live_server)


async def test_many_bodies_of_the_largest_size_leave_no_memory_behind(live_server, web):
    largest = b'{"username": "' + b"x" * (MIB - 20) + b'"}'
    declared = head("POST", LOGIN, JSON, f"Content-Length: {len(largest)}", "Connection: close")
    await tell(live_server, declared, largest)
    before = resident(web)

    for _ in range(60):
        assert refused(await tell(live_server, declared, largest), 400)

    assert resident(web) - before < 50


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 3", "Content-Length: 2"], b"{} "),
        (["Content-Length: -3"], b"{}"),
        (["Content-Length: two"], b"{}"),
        (["Content-Length: 2, 3"], b"{} "),
        (["Transfer-Encoding: nonsense"], b"{}"),
        (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"2\r\n{}zz0\r\n\r\n"),
        (["Content-Encoding: gzip", "Content-Length: 4"], b"\x1f\x8b\x08\x00"),
    ],
)
async def test_a_body_that_is_not_what_its_head_says_is_400(live_server, headers, body):
    answer = await tell(live_server, head("POST", LOGIN, JSON, *headers), body)

    assert answer.status == 400
    assert await is_well(live_server)


async def test_octets_after_a_request_with_two_lengths_are_never_a_request(live_server):
    smuggled = head("GET", "/healthz")
    both = head("POST", LOGIN, JSON, f"Content-Length: {len(smuggled) + 5}", "Transfer-Encoding: chunked")

    answer = await tell(live_server, both, b"0\r\n\r\n", smuggled)

    assert refused(answer, 400)
    assert answer.octets.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"username":[', b'{"username":' + b"-" * 10])
async def test_a_nest_without_end_is_400(live_server, opening):
    body = (opening * MIB)[:MIB]

    answer = await tell(live_server, head("POST", LOGIN, JSON, f"Content-Length: {len(body)}"), body)

    assert refused(answer, 400)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n" * 200_000),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="' + b"\\" * 10**6),
        ("multipart/form-data; boundary=" + "x" * 1000, b"--x--"),
        ("multipart/form-data; " + "boundary=;" * 800, b"--x--"),
        ("application/x-www-form-urlencoded", b"&" * 10**6),
        ("application/x-www-form-urlencoded", b"%" * 10**6),
        ("application/x-www-form-urlencoded", b"username=%ff&password=%00"),
        ("application/json", b'"' + b"\\ud800" * 100_000 + b'"'),
        ("application/json", b'{"username": 1' + b"0" * 10**6 + b', "password": "x"}'),
        ("application/json", b"\xff\xfe{\x00}\x00"),
    ],
)
async def test_a_form_made_to_be_slow_is_400_and_soon(live_server, content_type, body):
    answer = await tell(
        live_server, head("POST", LOGIN, f"Content-Type: {content_type}", f"Content-Length: {len(body)}"), body
    )

    assert refused(answer, 400)


@pytest.mark.parametrize(
    "octets",
    [
        head("GET", "/healthz", *[f"X-{n}: y" for n in range(10_000)]),
        head("GET", "/healthz", "X: " + "y" * MIB),
        head("GET", "/" + "a" * MIB),
        head("GET", "/", "X y"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"hello\r\n\r\n",
        b"\r\n" * 100_000 + b"\x00",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["headers", "a header", "an address", "no colon", "TLS", "words", "line ends", "a version"],
)
async def test_a_head_that_is_too_much_or_none_is_refused(live_server, octets):
    answer = await tell(live_server, octets)

    assert answer.status in {400, 431}
    assert await is_well(live_server)


@pytest.mark.parametrize(
    "header",
    ["Authorization: Token \xff\xfe", "Authorization: Token " + "x" * 8000, "Host: \xff", "X-Forwarded-For: \xff,,,"],
)
async def test_headers_in_no_known_encoding_are_read_as_nothing_known(live_server, header):
    assert refused(await tell(live_server, head("GET", "/apiv2/balance/", header)), 401)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "X" * 500])
async def test_unknown_methods_are_refused(live_server, method):
    answer = await tell(live_server, head(method, "/apiv2/sms/"))

    assert answer.status in {400, 405}
    assert b"Internal" not in answer.octets
