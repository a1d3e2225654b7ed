"""The counter below a message counts as the platform charges: a browser and the domain, on the same 5,000 texts."""

import base64
import random
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from smsflow.domain import economy, segments
from smsflow.domain.message import composed
from smsflow.web.console.app.send.counter import tables
from smsflow.web.console.shell import locale

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SCRIPT = Path(locale.__file__).parent / "static" / "counter.js"
POOLS = ("abc DEF éàç\n", "êîô’«»…œ", "€[]{}^~|\\", "ɛɔŋƁ", "🎉👩\u200d👧e\u0301", "Ωß@£n° ")
COUNT = """async ([source, tables, texts]) => {
  const { count, economy } = await import('data:text/javascript;base64,' + source);
  return texts.map((text) => [count(text.normalize('NFC'), tables).segments, economy(text, tables)]);
}"""


def test_browser_and_domain_agree_on_five_thousand_texts():
    chance = random.Random(7)
    texts = [
        "".join(chance.choice(chance.choice(POOLS[: 1 + n % 6])) for _ in range(chance.randrange(700)))
        for n in range(4999)
    ] + [""]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        counted = page.evaluate(COUNT, [base64.b64encode(SCRIPT.read_bytes()).decode(), tables(), texts])
        chromium.close()

    # An empty text is no SMS yet: it cannot be sent, and the counter says 0.
    expected = [(segments.count(composed(t)) if t else 0, economy.economy(t)) for t in texts]
    assert [tuple(c) for c in counted] == expected
    assert "" in texts
