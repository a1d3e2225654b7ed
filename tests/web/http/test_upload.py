"""Files that are uploaded: read piece by piece, wherever the pieces are cut."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.web.http.multipart import Unreadable
from smsflow.web.http.upload import receive

TYPE = "multipart/form-data; boundary=cut"


def a_form(body, name="clients.csv"):
    return (
        b'--cut\r\nContent-Disposition: form-data; name="_token"\r\n\r\nabc\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="'
        + name.encode()
        + b'"\r\n\r\n'
        + body
        + b"\r\n--cut--\r\n"
    )


async def read(whole, size):
    async def pieces():
        for place in range(0, len(whole), size):
            yield whole[place : place + size]

    file = io.BytesIO()
    return await receive(TYPE, pieces(), file), file.getvalue()


@given(body=st.binary(max_size=300) | st.just(b"\r\n--cu\r\n--\r\n"), size=st.integers(1, 400))
async def test_a_file_is_read_whole_wherever_its_pieces_are_cut(body, size):
    uploaded, written = await read(a_form(body), size)

    assert written == body
    assert uploaded.fields == {"_token": ["abc"]}
    assert (uploaded.name, uploaded.size) == ("clients.csv", len(body))


@pytest.mark.parametrize(
    "body",
    [b"", b"--cut", a_form(b"x")[:-6], b"--cut\r\n\r\n\r\nx\r\n--cut--", a_form(b"\xff").replace(b"abc", b"\xff")],
)
async def test_a_form_that_is_not_whole_is_refused(body):
    with pytest.raises(Unreadable):
        await read(body, 7)


async def test_a_field_beside_the_file_is_short():
    with pytest.raises(Unreadable):
        await read(a_form(b"x").replace(b"abc", b"a" * 70_000), 4096)
