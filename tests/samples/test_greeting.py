"""The commands of the greeting, pasted into a shell."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from tests.live import GENEROUS


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (Debian: curl)")
async def test_the_one_command_of_the_greeting_sends_an_sms_to_a_handset(live_server):
    number = re.search(r"number=(\d+)", live_server.curl)[1]

    pasted = await asyncio.to_thread(
        subprocess.run, ["sh", "-c", live_server.curl], capture_output=True, text=True, timeout=GENEROUS, check=True
    )
    async with asyncio.timeout(GENEROUS):
        while not (texts := await asyncio.to_thread(live_server.inbox, f"237{number}")):
            pass

    reply = json.loads(pasted.stdout)
    assert (reply["code"], reply["status"]) == (200, "Reçu")
    assert texts == ["Bonjour de SMSFLOW"]


async def test_the_address_of_the_greeting_leads_to_the_documentation(live_server):
    def read():
        with urllib.request.urlopen(f"{live_server.url}/docs/", timeout=GENEROUS) as answer:
            return answer.url, answer.read().decode()

    address, page = await asyncio.to_thread(read)

    assert address == f"{live_server.url}/docs/"
    assert live_server.url in page


async def test_the_demos_password_is_kept_for_its_owner_alone(live_server):
    kept = live_server.directory / "data" / "demo_password"

    assert kept.read_text().strip() == live_server.password
    assert kept.stat().st_mode & 0o777 == 0o600
