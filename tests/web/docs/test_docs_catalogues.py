"""The two catalogues say the same things, about the calls as they are."""

import re
from importlib import resources

import pytest

from smsflow.domain.message import Status
from smsflow.web.api_v2.calls import API
from smsflow.web.docs.catalogue import words
from smsflow.web.docs.page import CONTENTS
from smsflow.web.look.pages import LANGUAGES

FRENCH, ENGLISH = words("fr"), words("en")


@pytest.fixture(params=LANGUAGES)
def catalogue(request):
    return words(request.param)


def test_every_call_is_described_with_its_own_parameters_and_errors(catalogue):
    described = {
        name: (list(said.parameters), [int(status) for status in said.errors]) for name, said in catalogue.calls.items()
    }

    assert described == {call.name: ([p.name for p in call.parameters], list(call.errors)) for call in API.calls}


def test_every_call_and_section_has_its_place_on_the_page(catalogue):
    placed = [name for names in CONTENTS.values() for name in names]

    assert sorted(placed) == sorted([*catalogue.calls, *catalogue.sections])
    assert list(catalogue.groups) == list(CONTENTS)


def test_every_error_status_is_explained(catalogue):
    assert [int(status) for status in catalogue.errors] == list(API.errors)


def test_the_statuses_are_those_of_the_domain(catalogue):
    assert [int(status) for status in catalogue.statuses] == [status.value for status in Status]
    assert list(API.sms_statuses) == [status.value for status in Status]


def test_the_statuses_of_codes_are_those_of_the_replies(catalogue):
    assert tuple(catalogue.code_statuses) == API.code_statuses


def test_both_languages_have_the_same_labels_and_every_one_is_used():
    templates = resources.files("smsflow.web.docs") / "templates"
    text = "".join(template.read_text("utf-8") for template in templates.iterdir())
    used = set(re.findall(r'labels\["(\w+)"\]', text))
    indirect = {p.schema["type"] for call in API.calls for p in call.parameters} | {"gsm_only", "other_too"}

    assert list(FRENCH.labels) == list(ENGLISH.labels)
    assert set(FRENCH.labels) == used | indirect


def test_both_languages_say_as_much():
    def shape(catalogue):
        return {
            **{name: (len(s.body), len(s.notes)) for name, s in catalogue.sections.items()},
            **{name: (len(c.body), len(c.notes)) for name, c in catalogue.calls.items()},
        }

    assert shape(FRENCH) == shape(ENGLISH)


def test_every_link_of_the_words_leads_to_a_section(catalogue):
    def texts(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for inner in value.values():
                yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)
        elif hasattr(value, "__struct_fields__"):
            for field in value.__struct_fields__:
                yield from texts(getattr(value, field))

    targets = {target for text in texts(catalogue) for target in re.findall(r"\]\(#([^)]+)\)", text)}

    assert targets <= {name for names in CONTENTS.values() for name in names}
    assert targets
