"""The error page of the doors that people read."""

import re

import pytest

from smsflow.web.http.errors import DoorError
from smsflow.web.look import errors

AGAIN = {"fr": "Réessayer", "en": "Try again"}


@pytest.mark.parametrize("language", AGAIN)
@pytest.mark.parametrize(("status", "passes"), [(404, False), (413, False), (429, True), (500, True), (503, True)])
def test_an_error_that_passes_offers_the_page_again(status, passes, language):
    html = errors.page(DoorError(status, languages=language)).body.decode()

    first = re.search(r'<a class="button button-primary" href="([^"]*)">([^<]*)<', html)
    assert first is not None
    assert (first[1], first[2] == AGAIN[language]) == (("", True) if passes else ("/app", False))


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 429, 431, 500, 503])
def test_each_error_has_words_of_its_own(status):
    titles = {
        re.search("<h1>(.*)</h1>", errors.page(DoorError(one, languages="en")).body.decode())[1]
        for one in (status, 418)
    }

    assert len(titles) == 2
