import json
import subprocess

from tests.waiting import until


async def test_doctor_finds_a_running_platform_well(live_server):
    def look():
        try:
            return json.loads(live_server.command("doctor", "--json"))
        except subprocess.CalledProcessError:  # a process that has just started has not shown itself yet
            return None

    report = await until(look, "a platform that is well")

    found = {f["what"]: f["state"] for f in report["findings"]}
    assert report["healthy"] is True
    assert (found["web"], found["dispatch"], found["jobs"]) == ("ok", "ok", "ok")
