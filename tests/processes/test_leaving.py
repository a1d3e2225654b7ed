from smsflow.web.serve import Leaving


async def app(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def answer(application):
    said = []

    async def send(message):
        said.append(message)

    await application({"type": "http"}, None, send)
    return said


async def test_a_running_server_keeps_connections():
    said = await answer(Leaving(app))

    assert said[0]["headers"] == [(b"content-length", b"2")]


async def test_a_server_that_stops_asks_every_connection_to_close_after_its_answer():
    leaving = Leaving(app)
    leaving.leaves = True

    said = await answer(leaving)

    assert said[0]["headers"] == [(b"content-length", b"2"), (b"connection", b"close")]
    assert said[1] == {"type": "http.response.body", "body": b"{}"}
