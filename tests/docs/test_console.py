"""The guide of the console: its pictures are there, and light."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
HEAVIEST = 60 * 1024


def test_each_picture_of_the_guide_is_there_and_light():
    named = re.findall(r"!\[[^\]]+\]\((console/[^)]+)\)", (DOCS / "console.md").read_text("utf-8"))
    kept = {str(file.relative_to(DOCS)): file.stat().st_size for file in (DOCS / "console").iterdir()}

    assert {*named} == {*kept}
    assert {name: size for name, size in kept.items() if size > HEAVIEST} == {}
