"""A simulated operator in a process of its own, which survives the faults of the gateway and records every SMS."""

import json
import tempfile
from collections import Counter
from pathlib import Path

from smsflow.simulator import control
from tests.crash import processes
from tests.machine import free_port
from tests.waiting import until


class Smsc:
    """An operator that tells what every handset received."""

    def __init__(self, directory, *options):
        """Start it."""
        self.port, self.control = free_port(), free_port()
        ports = ["--port", str(self.port), "--control-port", str(self.control)]
        self.process = processes.start(["smsc", "--quiet", *ports, *options], {}, Path(directory) / "smsc.log")

    async def ask(self, do, **more):
        """Ask the operator, or tell it how to behave."""
        reply = await control.ask(self.control, {"do": do, **more})
        assert reply.pop("ok"), reply
        return reply

    async def ready(self):
        """Wait until it answers."""

        async def answers():
            try:
                return await self.ask("stats")
            except OSError:
                return None

        await until(answers, "an operator that answers")
        return self

    async def behave(self, **script):
        """Change how the operator behaves."""
        await self.ask("script", **script)

    async def received(self):
        """Return how often each text has come to its handset."""
        return Counter(message["text"] for message in await self.messages())

    async def messages(self):
        """Return every text that has come, in order, with its number and time."""
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
            await self.ask("dump", path=file.name)
            return [json.loads(line) for line in file]

    async def receives(self, number, words):
        """Wait until a text with these words has come to this handset."""

        async def came():
            return any(words in message["text"] for message in (await self.ask("inbox", number=number))["messages"])

        await until(came, f"a text with {words} at {number}")

    def stop(self):
        """End it."""
        processes.end(self.process, 10)
