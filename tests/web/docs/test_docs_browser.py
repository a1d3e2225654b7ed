"""The pages in a real browser: tabs, keyboard, copying, a phone's width, contrast."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from smsflow.web.docs import programs

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent

# For each piece of text that can be seen: its contrast with the first opaque background behind it.
CONTRASTS = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  let seen = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility()) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (two + 0.05);
    seen += 1;
    if (contrast < 4.5) low.push([node.data.trim().slice(0, 40), contrast.toFixed(2)]);
  }
  return { seen, low };
}"""


@pytest.fixture(scope="module")
def site():
    """The address of the documentation, served by uvicorn for as long as the tests of this module run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--lifespan",
        "off",
        "--interface",
        "asgi3",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, "--app-dir", str(HERE), "docs_site:app"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in server.stdout:
            said.append(line)
            if "Uvicorn running" in line:
                break
        else:
            pytest.fail(f"uvicorn ended at once: {''.join(said)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=10)


@pytest.fixture
def reader(chromium):
    """Opens pages, each in a fresh profile; at the end none of them may have complained."""
    complaints, contexts = [], []

    def opens(address, width=1280, **options):
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("response", lambda response: response.ok or complaints.append(f"{response.status} {response.url}"))
        page.goto(address)
        return page

    yield opens
    for context in contexts:
        context.close()
    assert complaints == []


def selected(page):
    return page.locator("[role=tab][aria-selected=true]").all_inner_texts()


def test_choosing_a_language_in_one_place_chooses_it_everywhere_and_is_remembered(site, reader):
    page = reader(f"{site}/docs/")
    assert selected(page) == ["curl"] * 7

    page.locator("#send").get_by_role("tab", name="Python").click()
    assert selected(page) == ["Python"] * 7
    expect(page.locator("#balance-python")).to_be_visible()
    expect(page.locator("#balance-curl")).to_be_hidden()

    page.goto(f"{site}/docs/en/")
    assert selected(page) == ["Python"] * 7


def test_the_tab_that_was_used_stays_where_it_is(site, reader):
    page = reader(f"{site}/docs/", width=375)
    tab = page.locator("#codes").get_by_role("tab", name="Go")
    tab.scroll_into_view_if_needed()
    before = tab.bounding_box()["y"]

    tab.click()

    assert tab.bounding_box()["y"] == pytest.approx(before, abs=1)


def test_tabs_work_with_the_keyboard(site, reader):
    page = reader(f"{site}/docs/")
    page.locator("#login-curl-tab").focus()

    for key, name in [
        ("ArrowRight", "JavaScript"),
        ("ArrowLeft", "curl"),
        ("ArrowLeft", "PHP (cURL)"),
        ("Home", "curl"),
        ("End", "PHP (cURL)"),
        ("ArrowRight", "curl"),
    ]:
        page.keyboard.press(key)
        focused = page.locator(":focus")
        expect(focused).to_have_text(name)
        expect(focused).to_have_attribute("aria-selected", "true")
        expect(focused).to_have_attribute("tabindex", "0")
    assert page.locator("#login [role=tab][tabindex='0']").count() == 1


def test_tabs_and_panels_name_each_other(site, reader):
    page = reader(f"{site}/docs/")

    for tab in page.get_by_role("tab").all():
        panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
        assert panel.get_attribute("role") == "tabpanel"
        assert panel.get_attribute("aria-labelledby") == tab.get_attribute("id")


def test_the_copy_button_copies_the_program_with_the_address_of_the_server(site, reader):
    page = reader(f"{site}/docs/", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#send").get_by_role("tab", name="Python").click()
    button = page.locator("#send-python .copy")

    button.click()

    expect(button).to_have_text("Copié")
    expect(page.get_by_role("status")).to_have_text("Copié")
    python = next(language for language in programs.LANGUAGES if language.name == "python")
    expected = programs.fill(programs.source(python, "send"), {"server": site})
    assert page.evaluate("navigator.clipboard.readText()") == expected


def test_the_copy_button_works_where_the_browser_has_no_clipboard_interface(site, reader):
    page = reader(f"{site}/docs/en/", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    button = page.locator("#balance-curl .copy")

    button.click()

    expect(button).to_have_text("Copied")
    page.evaluate("delete navigator.clipboard")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"curl '{site}/apiv2/balance/'")


def test_the_samples_take_the_readers_own_values(site, reader):
    page = reader(f"{site}/docs/")

    page.get_by_label("Jeton", exact=True).fill('abc\'; rm -rf "$HOME"')
    page.get_by_label("Numéro", exact=True).fill("+237 690 00 00 02")

    text = page.locator("#send-curl code").text_content()
    assert "Token abcrm-rfHOME'" in text
    assert "'number=+237 690 00 00 02'" in text
    page.get_by_label("Jeton", exact=True).fill("")
    assert "Token VOTRE_TOKEN'" in page.locator("#send-curl code").text_content()


@pytest.mark.parametrize("path", ["/docs/", "/docs/en/"])
@pytest.mark.parametrize("width", [320, 375, 900, 1280])
def test_no_page_scrolls_sideways(site, reader, path, width):
    page = reader(f"{site}{path}", width=width)
    for language in programs.LANGUAGES:
        page.locator("#send").get_by_role("tab", name=language.title, exact=True).click()

        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/docs/", "/docs/en/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(site, reader, path, scheme):
    page = reader(f"{site}{path}", color_scheme=scheme)
    low = []
    for language in programs.LANGUAGES:
        page.locator("#send").get_by_role("tab", name=language.title, exact=True).click()
        page.mouse.move(0, 0)
        result = page.evaluate(CONTRASTS)
        assert result["seen"] > 500
        low += result["low"]

    assert low == []


def test_without_scripts_every_sample_can_be_opened(site, reader):
    page = reader(f"{site}/docs/", java_script_enabled=False)
    entry = page.locator("#send details[data-language=php]")
    expect(page.locator("#send details[data-language=curl] pre")).to_be_visible()
    expect(entry.locator("pre")).to_be_hidden()

    entry.locator("summary").click()

    expect(entry.locator("pre")).to_contain_text("HTTP_Request2")
    expect(page.locator(".try")).to_be_hidden()
    expect(page.locator(".contents").get_by_role("link", name="Envoyer un SMS")).to_be_visible()


def test_the_contents_close_behind_the_reader_on_a_phone(site, reader):
    page = reader(f"{site}/docs/", width=375)
    link = page.locator(".contents").get_by_role("link", name="Erreurs")
    expect(link).to_be_hidden()

    page.locator(".contents summary").click()
    link.click()

    expect(link).to_be_hidden()
    expect(page.locator("#errors")).to_be_in_viewport()


def test_the_other_language_opens_at_the_same_section(site, reader):
    page = reader(f"{site}/docs/#codes")
    expect(page.locator(".contents a[aria-current]")).to_have_attribute("href", "#codes")

    page.get_by_role("link", name="English").click()

    page.wait_for_url(f"{site}/docs/en/#codes")
    expect(page.locator("#codes h2")).to_have_text("Follow a code")


@pytest.mark.parametrize("width", [375, 1280])
def test_an_address_with_a_section_opens_at_that_section(site, reader, width):
    page = reader(f"{site}/docs/#codes", width=width)

    assert page.locator("#codes").bounding_box()["y"] == pytest.approx(16, abs=2)


def test_the_first_stop_of_the_keyboard_leads_past_the_contents(site, reader):
    page = reader(f"{site}/docs/")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{site}/docs/#content")
