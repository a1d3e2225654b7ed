"""Tables as PDF, read back by another library."""

import io

import pytest
from pypdf import PdfReader

from smsflow.sheets.paper import Paper, write_pdf

PAPER = Paper("Relevé", ["Boutique Kribi"], (300, 215), (1,), page="Page", replaced="Des lettres sont remplacées")


def read(rows):
    file = io.BytesIO()
    write_pdf(file, PAPER, ["Cause", "Crédits"], rows)
    return [page.extract_text() for page in PdfReader(file).pages]


def test_french_letters_and_signs_stand_as_they_are():
    (page,) = read([["Campagne « Noël à l’œuvre » €", "\u2212\u202f19\u202f204"], ["", "1"]])

    for said in (
        "Relevé",
        "Boutique Kribi",
        "Crédits",
        "Campagne « Noël à l’œuvre » €",
        "– 19 204",
        "Page 1",
    ):
        assert said in page
    assert PAPER.replaced not in page


@pytest.mark.parametrize(("name", "shown"), [("Ɛwɔndo", "?w?ndo"), ("Ngǒ", "Ngo"), ("商店", "??"), ("a\x07b", "a?b")])
def test_a_letter_that_the_fonts_lack_loses_its_accent_or_is_replaced_and_that_is_said(name, shown):
    (page,) = read([[name, "1"]])

    assert shown in page
    assert (PAPER.replaced in page) is ("?" in shown)


def test_a_long_text_goes_on_below_itself():
    (page,) = read([["Une note " * 12, "1"], ["x" * 100, "2"]])

    assert page.split().count("note") == 12
    assert "".join(page.split()).count("x") == 100


def test_each_page_has_the_heading_and_a_number():
    pages = read([f"Mouvement {n}", f"{n}"] for n in range(200))

    assert len(pages) > 3
    assert all("Cause" in page and f"Page {n}" in page for n, page in enumerate(pages, 1))
    assert all(f"Mouvement {n}\n" in "".join(pages) for n in range(200))
