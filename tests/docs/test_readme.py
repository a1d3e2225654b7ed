"""The commands of the README."""

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_curl_that_sends_encodes_the_number_and_the_text():
    (sends,) = [line for line in README.read_text().splitlines() if line.startswith("curl") and "message=" in line]

    assert sends.count("--data-urlencode") == 2
    assert " -d " not in sends
