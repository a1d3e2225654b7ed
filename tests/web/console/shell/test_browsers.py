import pytest

from smsflow.web.console.shell.browsers import browser_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", ("Firefox", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", ("Firefox", "Linux")),
        (f"{DESK} {WEBKIT} Chrome/131.0.0.0 Safari/537.36", ("Chrome", "Windows")),
        (f"{DESK} {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", ("Edge", "Windows")),
        (f"{PIXEL} {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
        (f"{PIXEL} {WEBKIT} SamsungBrowser/27.0 Chrome/125 Mobile Safari/537.36", ("Samsung Internet", "Android")),
        (f"{PIXEL} {WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36 OPR/86.0.0.0", ("Opera", "Android")),
        ("Opera/9.80 (Android; Opera Mini/86.0.2254/191.303; U; fr) Presto/2.12", ("Opera Mini", "Android")),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", ("Safari", "iPhone")),
        (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", ("Chrome", "iPhone")),
        (f"{MAC} Version/18.1 Safari/605.1.15", ("Safari", "macOS")),
        ("Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", ("Firefox", "KaiOS")),
        ("python-requests/2.32.3", ("python-requests", "")),
        ("Mozilla/5.0 (compatible)", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent, said):
    assert browser_of(agent) == said
