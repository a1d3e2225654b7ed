"""Contacts by the command line: brought in, listed, exported, opted out, and taken back."""

import pytest
import xlsxwriter

from smsflow.services.contacts import importing

FILE = """Nom;Téléphone;Ville
Awa;690 00 00 01;Douala
Paul;+237690000002;Kribi
Awa encore;690000001;Douala
Personne;;Yaoundé
Fixe;222 20 00 00;Yaoundé
Trop;2,37691E+11;Douala
"""


@pytest.fixture
def shop(smsflow):
    smsflow("company", "add", "Boutique", "--country", "CM", "--credits", "50", "--sender", "AWA")
    return smsflow


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_bytes(FILE.encode("cp1252"))
    return path


def bring_in(shop, file, *options):
    return shop.json("contact", "import", str(file), "--company", "Boutique", "--list", "Clients", *options)


def test_a_file_is_brought_in_with_a_report(shop, file):
    report = bring_in(shop, file)

    counts = {
        name: report[name]
        for name in ("state", "rows", "new", "updated", "unchanged", "duplicate", "invalid", "opted_out")
    }
    assert counts == {
        "state": "finished", "rows": 6, "new": 2, "updated": 0, "unchanged": 0, "duplicate": 1, "invalid": 3, "opted_out": 0,
    }  # fmt: skip
    assert report["reasons"] == {"number_empty": 1, "number_not_mobile": 1, "number_rounded": 1}
    contacts = shop.json("contact", "list", "--company", "1")["contacts"]
    assert [(c["number"], c["attributes"]["nom"]) for c in contacts] == [
        ("+237690000001", "Awa"),
        ("+237690000002", "Paul"),
    ]
    assert shop.json("list", "list", "--company", "1")["lists"][0]["contacts"] == 2


def test_a_dry_run_changes_nothing(shop, file):
    seen = shop.json("contact", "import", str(file), "--company", "1", "--dry-run")

    assert (seen["layout"]["encoding"], seen["layout"]["separator"]) == ("cp1252", ";")
    assert shop.json("contact", "list", "--company", "1")["contacts"] == []


def test_a_dry_run_shows_rows_as_they_would_be_stored(shop, file):
    rows = shop.json("contact", "import", str(file), "--company", "1", "--dry-run")["rows"]

    assert [(r["number"], r["reason"], r["attributes"]["nom"]) for r in rows] == [
        ("+237690000001", None, "Awa"),
        ("+237690000002", None, "Paul"),
        ("+237690000001", "duplicate", "Awa encore"),
        (None, "number_empty", "Personne"),
        (None, "number_not_mobile", "Fixe"),
        (None, "number_rounded", "Trop"),
    ]


def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(shop, tmp_path):
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))

    shop("contact", "import", str(tmp_path / "photo.csv"), "--company", "1", code=1)

    assert shop.err == "smsflow: The file is not a CSV, XLSX, ODS, XLS or vCard file.\n"


@pytest.mark.parametrize(
    ("choice", "code", "sentence"),
    [
        ("Tel=number", 1, "The file has no column Tel"),
        ("Ville=stop", 2, "it is NAME=FIELD"),
        ("Ville", 2, "it is NAME=FIELD"),
    ],
)
def test_a_column_that_is_chosen_wrongly_is_refused_before_anything_is_read(shop, file, choice, code, sentence):
    shop("contact", "import", str(file), "--company", "1", "--column", choice, code=code)

    assert sentence in shop.err
    assert shop.json("import", "list", "--company", "1")["imports"] == []


def test_a_column_gets_a_name_as_variables_have_them(shop, file):
    bring_in(shop, file, "--column", "Ville=Lieu de résidence")

    assert shop.json("contact", "list", "--company", "1")["contacts"][0]["attributes"]["lieu_de_residence"] == "Douala"


@pytest.mark.parametrize(("number", "city"), [("1=number", "3=quartier"), ("number=1", "quartier=3")])
def test_a_column_is_chosen_by_its_place(shop, tmp_path, number, city):
    (tmp_path / "x.csv").write_text("690000001;690000002;Akwa\n")
    options = ("--company", "1", "--column", "2=", "--column", number, "--column", city)

    shop("contact", "import", str(tmp_path / "x.csv"), *options)
    shop("contact", "import", str(tmp_path / "x.csv"), "--company", "1", "--column", "Ville=ville", code=1)

    assert "no column Ville; it has no headings, and columns 1 to 3" in shop.err
    (contact,) = shop.json("contact", "list", "--company", "1")["contacts"]
    assert (contact["number"], contact["attributes"]) == ("+237690000001", {"quartier": "Akwa"})


def test_an_import_that_fails_says_why_and_its_code_is_not_0(shop, file, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS", 1)

    report = shop.json("contact", "import", str(file), "--company", "1", code=1)
    stopped = shop("import", "stop", str(report["id"]))

    assert (report["state"], report["new"]) == ("failed", 1)
    assert "those after row 2 were not read" in report["why"]
    assert stopped == f"Import {report['id']} has ended: it is failed.\n"


def test_the_list_of_an_import_has_a_name_as_any_list(shop, file):
    bring_in(shop, file)

    for name in ("", "  ", "x" * 201, "a\nb"):
        shop("contact", "import", str(file), "--company", "1", "--list", name, code=1)
        assert "a name of one line with 1 to 200 characters" in shop.err
    shop("contact", "import", str(file), "--company", "1", "--list", " clients ")

    assert [(one["name"], one["contacts"]) for one in shop.json("list", "list", "--company", "1")["lists"]] == [
        ("Clients", 2)
    ]


def test_another_sheet_of_a_workbook_is_read_when_it_is_named(shop, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "clients.xlsx") as book:
        for name, number in (("Clients", 690000001), ("Anciens", 690000002)):
            book.add_worksheet(name).write_column(0, 0, ["Tel", number])

    report = bring_in(shop, tmp_path / "clients.xlsx", "--sheet", "Anciens")
    shop("contact", "import", str(tmp_path / "clients.xlsx"), "--company", "1", "--sheet", "Anciens")

    assert (report["new"], report["sheets_not_read"]) == (1, ["Clients"])
    assert "Only the sheet Anciens was read. The workbook also has: Clients" in shop.err
    assert shop.json("contact", "list", "--company", "1")["contacts"][0]["number"] == "+237690000002"


def test_the_same_file_again_changes_nothing(shop, file):
    bring_in(shop, file)

    again = bring_in(shop, file)

    assert (again["new"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_existing_contacts_are_kept_when_that_is_wanted(shop, file):
    bring_in(shop, file)
    file.write_text("telephone,ville\n690000001,Limbé\n")

    kept = bring_in(shop, file, "--keep")
    updated = bring_in(shop, file)

    assert (kept["unchanged"], updated["updated"]) == (1, 1)
    shown = shop.json("contact", "show", "690000001", "--company", "1")
    assert shown["attributes"] == {"nom": "Awa", "ville": "Limbé"}


def test_an_empty_cell_clears_only_when_that_is_wanted(shop, file):
    bring_in(shop, file)
    file.write_text("telephone,ville\n690000001,\n")
    kept = bring_in(shop, file)
    cleared = bring_in(shop, file, "--clear-empty")

    assert (kept["unchanged"], cleared["updated"]) == (1, 1)
    assert shop.json("contact", "show", "690000001", "--company", "1")["attributes"] == {"nom": "Awa"}


def test_an_import_is_undone_but_for_those_who_opted_out_since(shop, file):
    first = bring_in(shop, file)
    shop("optout", "add", "690000002", "--company", "1")

    undone = shop.json("import", "undo", str(first["id"]), "--yes")

    assert undone == {"id": first["id"], "removed": 1, "restored": 0, "left": 1}
    assert [c["number"] for c in shop.json("contact", "list", "--company", "1")["contacts"]] == ["+237690000002"]
    shop("import", "undo", str(first["id"]), "--yes", code=1)
    assert (
        "The import is undone: to undo it, it has to be finished or stopped or failed, less than 30 days ago."
        in shop.err
    )


def test_an_undo_takes_those_who_existed_out_of_the_lists_that_they_joined_by_it(shop, file):
    bring_in(shop, file)
    file.write_text("telephone,ville\n690000001,Limbé\n690000002,Kribi\n690000007,Buéa\n")
    second = bring_in(shop, file, "--list", "Kribi")
    assert _members(shop) == {"Clients": 3, "Kribi": 3}

    shop.json("import", "undo", str(second["id"]))

    assert _members(shop) == {"Clients": 2, "Kribi": 0}


def _members(shop):
    return {one["name"]: one["contacts"] for one in shop.json("list", "list", "--company", "1")["lists"]}


def test_an_undone_update_gives_the_former_values_back(shop, file):
    bring_in(shop, file)
    file.write_text("telephone,ville\n690000001,Limbé\n690000007,Buéa\n")
    second = bring_in(shop, file)

    undone = shop.json("import", "undo", str(second["id"]), "--yes")

    assert (undone["removed"], undone["restored"]) == (1, 1)
    assert shop.json("contact", "show", "690000001", "--company", "1")["attributes"]["ville"] == "Douala"


def test_imports_are_undone_one_after_the_other(shop, file):
    first = bring_in(shop, file)
    file.write_text("telephone,ville\n690000001,Limbé\n690000002,Buéa\n")
    second = bring_in(shop, file)

    shop.json("import", "undo", str(second["id"]))
    undone = shop.json("import", "undo", str(first["id"]))

    assert (undone["removed"], undone["left"]) == (2, 0)
    assert shop.json("contact", "list", "--company", "1")["contacts"] == []


def test_a_person_and_a_script_say_that_they_mean_an_undo(shop, file):
    first = bring_in(shop, file)

    shop("import", "undo", str(first["id"]), code=2)

    assert "confirm it with --yes" in shop.err


@pytest.mark.parametrize("name", ["refused.csv", "refused.xlsx"])
def test_refused_rows_are_shown_with_their_reasons_and_come_back_corrected(shop, file, tmp_path, name):
    report = bring_in(shop, file)

    rows = shop.json("import", "refused", str(report["id"]), "--file", str(tmp_path / name))["rows"]

    assert [(r["row"], r["reason"]) for r in rows] == [
        (5, "number_empty"),
        (6, "number_not_mobile"),
        (7, "number_rounded"),
    ]
    again = shop.json("contact", "import", str(tmp_path / name), "--company", "1", "--dry-run")
    assert [(c["heading"], c["field"]) for c in again["mapping"]["columns"]] == [
        ("row", ""), ("reason", ""), ("Téléphone", "number"), ("Nom", "nom"), ("Ville", "ville"),
    ]  # fmt: skip
    assert [r["attributes"] for r in again["rows"]] == [
        {"nom": "Personne", "ville": "Yaoundé"},
        {"nom": "Fixe", "ville": "Yaoundé"},
        {"nom": "Trop", "ville": "Douala"},
    ]


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_contacts_are_written_into_a_file_and_come_back_from_it(shop, file, tmp_path, name):
    bring_in(shop, file)
    shop("contact", "export", str(tmp_path / name), "--company", "1")

    again = bring_in(shop, tmp_path / name)

    assert (again["rows"], again["unchanged"]) == (2, 2)


def test_an_opt_out_is_kept_when_its_contact_is_deleted(shop, file):
    bring_in(shop, file)
    shop("optout", "add", "690000001", "--company", "1", "--reason", "asked by phone")
    shop("contact", "delete", "690000001", "--company", "1", "--yes")

    (listed,) = shop.json("optout", "list", "--company", "1")["opt_outs"]
    assert (listed["number"], listed["reason"], listed["author"][:4]) == ("+237690000001", "asked by phone", "cli:")
    assert bring_in(shop, file)["opted_out"] == 1


def test_every_change_of_an_opt_out_is_shown_with_who_made_it_and_why(shop):
    shop("optout", "add", "690000001", "--company", "1", "--scope", "all", "--reason", "asked by phone")
    shop("optout", "remove", "690000001", "--company", "1", "--reason", "asked again")

    shown = shop.json("optout", "show", "690000001", "--company", "1")

    assert (shown["number"], shown["scope"]) == ("+237690000001", None)
    assert [(c["scope"], c["source"], c["reason"]) for c in shown["changes"]] == [
        (None, "manual", "asked again"),
        ("all", "manual", "asked by phone"),
    ]
    assert "asked by phone" in shop("optout", "show", "690000001", "--company", "1")


def test_the_policy_of_cameroon_is_there_and_can_be_changed(shop):
    (policy,) = shop.json("policy", "show")["policies"]
    changed = shop.json("policy", "set", "CM", "--hours", "08-20", "--per-day", "none")

    assert policy == {"country": "CM", "timezone": "Africa/Douala", "hours": "06:00-22:00", "per_day": 3, "stop": False}
    assert (changed["hours"], changed["per_day"], changed["stop"]) == ("08:00-20:00", None, False)
    assert shop.json("policy", "set", "CM", "--stop")["stop"]
    assert shop.json("policy", "set", "CM", "--per-day", "3")["stop"]
    assert "demanded" in shop("policy", "show")
    assert not shop.json("policy", "set", "CM", "--no-stop")["stop"]


def test_the_policy_of_one_country_is_shown(shop):
    shop("policy", "set", "GA", "--hours", "07-21")
    shop("policy", "set", "US", "--hours", "07-21", code=2)

    assert [(p["country"], p["timezone"]) for p in shop.json("policy", "show", "ga")["policies"]] == [
        ("GA", "Africa/Libreville")
    ]
    assert "TD has no policy" in shop("policy", "show", "TD")


def test_opt_outs_are_brought_in_from_a_file_and_written_into_one(shop, file, tmp_path):
    report = shop.json("optout", "import", str(file), "--company", "1", "--scope", "all")
    again = shop.json("optout", "import", str(file), "--company", "1")
    written = shop.json("optout", "export", str(tmp_path / "out.csv"), "--company", "1")

    assert report["reasons"] == {"number_empty": 1, "number_rounded": 1}
    assert [report[n] for n in ("rows", "new", "unchanged", "invalid", "scope")] == [6, 3, 0, 2, "all"]
    assert (again["new"], again["unchanged"], written["opt_outs"]) == (0, 3, 3)
    listed = shop.json("optout", "list", "--company", "1")["opt_outs"]
    assert {(o["scope"], o["source"]) for o in listed} == {("all", "import")}
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "number;scope;source;since"
    assert lines[1].startswith("'+237222200000;all;import;")
    shop("company", "add", "Autre", "--country", "CM")
    assert shop.json("optout", "import", str(tmp_path / "out.csv"), "--company", "2")["new"] == 3


def test_an_opt_out_of_all_is_not_narrowed_and_that_is_said(shop):
    shop("optout", "add", "690000001", "--company", "1", "--scope", "all")

    assert shop.json("optout", "add", "690000001", "--company", "1")["scope"] == "all"
    assert "remove the opt-out first" in shop("optout", "add", "690000001", "--company", "1")


def test_every_number_of_a_file_of_numbers_opts_out(shop, tmp_path):
    (tmp_path / "out.txt").write_text("690000001,690000002\n690000003,690000004\n")

    assert shop.json("optout", "import", str(tmp_path / "out.txt"), "--company", "1")["new"] == 4


def test_a_company_answers_stop_in_its_own_words(shop):
    changed = shop.json("company", "set", "1", "--stop-reply", "Au revoir de {company}. {start}")
    shop("company", "set", "1", "--help-reply", "{prenom}", code=1)

    assert changed["stop_reply"] == "Au revoir de {company}. {start}"
    assert shop.json("company", "set", "1", "--stop-reply", "none")["stop_reply"] is None


def test_a_company_can_be_given_stricter_hours(shop):
    changed = shop.json("company", "set", "1", "--hours", "08-20")

    assert (changed["marketing_opens"], changed["marketing_closes"]) == (480, 1200)
    assert shop.json("company", "set", "1", "--hours", "none")["marketing_opens"] is None
    shop("company", "set", "1", "--hours", "05-23", code=1)
    assert "hours within those of the platform, 06:00-22:00" in shop.err


def test_a_list_by_rule_is_counted_when_it_is_added_and_when_it_is_shown(shop, file):
    bring_in(shop, file)

    added = shop.json("list", "add", "Douala", "--company", "1", "--rule", "ville=DOUALA", "--rule", "nom != paul")
    shop("contact", "delete", "690000001", "--company", "1", "--yes")

    assert (added["contacts"], added["rules"]) == (1, ["ville = DOUALA", "nom ≠ paul"])
    assert shop.json("list", "show", "Douala", "--company", "1")["contacts"] == 0
    assert shop.json("list", "show", "clients", "--company", "1")["rules"] is None
    shop("list", "add", "Rien", "--company", "1", "--rule", "ville like x", code=1)
    shop("contact", "import", str(file), "--company", "1", "--list", "Douala", code=1)
