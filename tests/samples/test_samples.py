"""The documentation's samples, run as a customer runs them: placeholders filled in, nothing else changed."""

import asyncio
import json
import os
from typing import Protocol

import pytest

from smsflow.web.docs import programs
from tests.samples.runtimes import RUNTIMES, Missing

GENEROUS = 60  # seconds; a first `go run` compiles the standard library


class Server(Protocol):
    """The parts of a running platform that the samples need."""

    url: str
    username: str
    password: str

    def code_of(self, number: str) -> str | None:
        """Return the digits in the last code SMS that the handset `number` got, or None before it got one."""


class Customer:
    """Somebody who fills in the samples of one language and runs them."""

    def __init__(self, language, runtime, folder, **values):
        self.language, self.runtime, self.folder, self.values = language, runtime, folder, values

    async def run(self, call, **values):
        """Run the sample of `call`; return all that it printed."""
        self.values.update(values)
        file = self.folder / f"{call}.{self.language.extension}"
        file.write_text(programs.fill(programs.source(self.language, call), self.values), "utf-8")
        process = await asyncio.create_subprocess_exec(
            *self.runtime.command,
            str(file),
            env={**os.environ, "NO_PROXY": "127.0.0.1,localhost", **self.runtime.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(GENEROUS):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()
            raise
        return out.decode(), err.decode()

    async def ask(self, call, **values):
        """Run the sample of `call`; return the reply that it printed."""
        out, err = await self.run(call, **values)
        assert out, err
        return json.loads(out)


@pytest.fixture(params=RUNTIMES)
def customer(request, server, tmp_path):
    name, find = RUNTIMES[request.param]
    try:
        runtime = find()
    except Missing as missing:
        pytest.skip(str(missing))
    language = next(language for language in programs.LANGUAGES if language.name == name)
    # A number of its own: a platform limits how many codes a number gets.
    number = f"+23769000010{list(RUNTIMES).index(request.param)}"
    return Customer(
        language,
        runtime,
        tmp_path,
        server=server.url,
        username=server.username,
        password=server.password,
        number=number,
    )


async def test_the_samples_go_from_a_token_to_a_verified_number(customer, server):
    login = await customer.ask("login")
    before = await customer.ask("balance", token=login["token"])

    sent = await customer.ask("send", message="Votre colis est arrivé")
    found = await customer.ask("sms", sms_id=sent["sms_id"])
    async with asyncio.timeout(GENEROUS):
        while found["data"][0]["status_name"] != "Livré":
            found = await customer.ask("sms")

    code = await customer.ask("smscode")
    listed = await customer.ask("codes", code_id=str(code["id"]))
    async with asyncio.timeout(GENEROUS):
        while (digits := server.code_of(customer.values["number"])) is None:
            listed = await customer.ask("codes")
    verified = await customer.ask("verify_code", code=digits)
    validated = await customer.ask("codes")
    after = await customer.ask("balance")

    assert (login["code"], login["username"]) == (200, server.username)
    assert (sent["message"], sent["code"], sent["status"], sent["total_sms"]) == ("success", 200, "Reçu", 1)
    assert [sms["sms_id"] for sms in found["data"]] == [sent["sms_id"]]
    assert found["data"][0]["numero_destinataire"].endswith(customer.values["number"].removeprefix("+"))
    assert code["code"] == digits
    assert [row["code"] for row in listed["data"]] == [int(digits)]
    assert verified == {"code": 200, "message": "Le code a été validé"}
    assert [row["status_name"] for row in validated["data"]] == ["Validé"]
    assert after["balance"] < before["balance"]
    assert after["partner"] == login["company_name"]


async def test_a_sample_that_is_refused_says_why(customer):
    out, err = await customer.run("balance", token="not-a-token")

    assert "401" in out + err
