import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsflow.domain import template
from smsflow.domain.template import Missing
from smsflow.errors import ParameterInvalid


@pytest.mark.parametrize(
    ("text", "values", "rendered"),
    [
        ("Bonjour", {}, "Bonjour"),
        ("Bonjour {prenom}", {"prenom": "Awa"}, "Bonjour Awa"),
        ("Bonjour {Prénom}", {"prenom": "Awa"}, "Bonjour Awa"),
        ("Bonjour {prenom|cher client}", {}, "Bonjour cher client"),
        ("Bonjour {prenom|cher client}", {"prenom": ""}, "Bonjour cher client"),
        ("Bonjour{prenom|}", {}, "Bonjour"),
        ("{a}{b}", {"a": "1", "b": "{a}"}, "1{a}"),
        ("{{prenom}}", {}, "{prenom}"),
        ("-20 % pour {prenom}, %s et 5%{{", {"prenom": "100 %d"}, "-20 % pour 100 %d, %s et 5%{"),
        ("Solde : {date d'échéance}", {"date_d_echeance": "demain"}, "Solde : demain"),
    ],
)
def test_a_text_is_rendered_with_the_values_of_its_recipient(text, values, rendered):
    assert template.parse(text).render(values) == rendered


@pytest.mark.parametrize("values", [{}, {"prenom": ""}])
def test_a_variable_without_a_value_and_without_a_default_is_missing(values):
    assert template.parse("Bonjour {prenom}").render(values) == Missing("prenom")


@pytest.mark.parametrize("text", ["", "  ", "{", "a } b", "{prenom", "{}", "{|x}", "{a{b}}", "{!}", "x" * 4001])
def test_a_text_that_is_no_template_is_refused(text):
    with pytest.raises(ParameterInvalid):
        template.parse(text)


def test_the_variables_are_named_once_in_the_order_of_the_text():
    assert template.parse("{b} {a|x} {b}").variables == ("b", "a")


@given(st.text(min_size=1, max_size=50).filter(str.strip))
def test_any_text_is_rendered_as_it_is_composed_once_its_braces_are_doubled(text):
    assert template.parse(text.replace("{", "{{").replace("}", "}}")).render({}) == unicodedata.normalize("NFC", text)


def test_the_longest_rendering_is_the_one_that_costs_most():
    parsed = template.parse("Bonjour {prenom}")

    people = [{"prenom": "A" * 150}, {"prenom": "ê" * 80}, {"prenom": "B" * 152}, {}]
    assert parsed.longest(people) == f"Bonjour {'ê' * 80}"
    assert parsed.longest([people[0], people[2]]) == f"Bonjour {'B' * 152}"
    assert parsed.longest([{}]) is None


def test_a_name_is_written_as_files_of_contacts_write_it():
    assert template.name_of("Cœur de cible") == "coeur_de_cible"


def test_defaults_are_written_and_what_has_none_stays():
    assert template.parse("{prenom|Awa} {{ {ville} {stop}").with_defaults() == "Awa { {ville} {stop}"
