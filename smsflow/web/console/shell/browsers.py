"""The name of a browser, in the words that people know it by."""

import re
from typing import Final

# Browsers carry the names of those they come from: the first that fits is meant.
_BROWSERS: Final = (
    ("Opera Mini", "Opera Mini"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("EdgA?/|EdgiOS/", "Edge"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("UCBrowser/", "UC Browser"),
    ("YaBrowser/", "Yandex"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/|Firefox/", "Firefox"),
    ("CriOS/|Chrome/", "Chrome"),
    (r"Version/.*Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("KAIOS", "KaiOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> tuple[str, str]:
    """Return the name of a browser and that of its system; of another program its own name, and what is not said as ""."""
    browser = _first(_BROWSERS, agent) or re.split(r"[/ ]", agent, maxsplit=1)[0].removeprefix("Mozilla")
    return browser, _first(_SYSTEMS, agent)


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, agent)), "")
