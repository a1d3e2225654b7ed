"""The files that people have: each trap by itself and mixed, with the contacts that they hold."""

import codecs
import datetime as dt
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsflow.domain.contact import NumberFault, read_numbers
from smsflow.sheets.columns import records
from smsflow.sheets.layout import FileKind, inspect, rows
from smsflow.sheets.preview import preview

AWA = ("+237691234567", {"nom": "Ngono", "prenom": "Awa"})
ZOE = ("+237677123456", {"nom": "Étéki", "prenom": "Zoë"})
LINES = ["Nom;Prénom;Téléphone", "Ngono;Awa;691234567", "Étéki;Zoë;+237 677 12 34 56"]


@pytest.fixture
def file(tmp_path):
    def write(content, name="contacts.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def contacts(path, country="CM", **fields):
    """Return what an import would store: number (or fault) and attributes that are not empty."""
    seen = preview(path)
    mapping = seen.mapping
    for name, field in fields.items():
        mapping = mapping.with_field(name, field)
    found = []
    for record in records(rows(path, seen.layout), mapping):
        read = read_numbers(record.numbers, country=country)
        number = read if isinstance(read, NumberFault) else read.first.e164
        found.append((number, {name: value for name, value in record.attributes.items() if value}))
    return found


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "cp850"]
)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(file, encoding, separator, end):
    path = file((end.join(LINES) + end).replace(";", separator).encode(encoding))

    layout = inspect(path)

    assert contacts(path) == [AWA, ZOE]
    assert (layout.kind, layout.separator, layout.heading) == (FileKind.CSV, separator, 1)
    assert layout.headings == ("Nom", "Prénom", "Téléphone")
    assert [row.number for row in rows(path, layout)] == [2, 3]


def test_excels_unicode_text(file):
    assert contacts(file("\r\n".join(LINES).replace(";", "\t").encode("utf-16"))) == [AWA, ZOE]


def test_a_file_without_headings(file):
    path = file(b"Ngono;Awa;691234567\nEteki;Zoe;677123456\n")

    assert contacts(path) == [
        ("+237691234567", {"column_1": "Ngono", "column_2": "Awa"}),
        ("+237677123456", {"column_1": "Eteki", "column_2": "Zoe"}),
    ]
    assert [row.number for row in rows(path, inspect(path))] == [1, 2]
    assert contacts(path, **{"1": "nom", "2": ""})[0] == ("+237691234567", {"nom": "Ngono"})


def test_without_headings_the_mobile_number_is_found_in_any_column_of_numbers(file):
    path = file(b"222200001;690000001;Awa;1500000\n222200002;690000002;Paul;2500000\n222200003;;Zita;900000\n")

    assert contacts(path) == [
        ("+237690000001", {"column_3": "Awa", "column_4": "1500000"}),
        ("+237690000002", {"column_3": "Paul", "column_4": "2500000"}),
        ("+237222200003", {"column_3": "Zita", "column_4": "900000"}),
    ]


def test_one_column_of_numbers(file):
    assert contacts(file(b"691234567\n677123456\n")) == [("+237691234567", {}), ("+237677123456", {})]
    assert contacts(file("Numéro\n691234567\n2,37691E+11\n".encode())) == [
        ("+237691234567", {}),
        (NumberFault.ROUNDED, {}),
    ]


def test_titles_and_blank_rows_above_the_headings(file):
    path = file("Téléphones des clients;;\n;;\n\nNom;Prénom;Tél\nNgono;Awa;691234567\n\nÉtéki;Zoë;677123456\n".encode())

    assert contacts(path) == [AWA, ZOE]
    assert [row.number for row in rows(path, inspect(path))] == [5, 7]


def test_a_declared_separator_is_no_row(file):
    path = file(b"sep=|\r\nNom|Pr\xe9nom|Tel\r\nNgono|Awa|691234567\r\n")

    assert contacts(path) == [AWA]
    assert [row.number for row in rows(path, inspect(path))] == [2]


def test_line_breaks_and_separators_inside_quotes(file):
    path = file(b'Nom;Tel;Adresse\r\n"Ngono; Awa";691234567;"Rue 12\r\nBonapriso"\r\n"dit ""Zo""";677123456;x\r\n')

    assert contacts(path) == [
        ("+237691234567", {"nom": "Ngono; Awa", "adresse": "Rue 12\nBonapriso"}),
        ("+237677123456", {"nom": 'dit "Zo"', "adresse": "x"}),
    ]


def test_spaces_between_separators_and_quotes(file):
    assert contacts(file(b'"Nom", "Tel"\n"Ngono, Awa", "691234567"\n')) == [("+237691234567", {"nom": "Ngono, Awa"})]


def test_a_quote_that_nobody_closed_costs_no_other_row(file):
    lines = ["Nom;Tel", '"Ngono;691234567', 'Jean "Le Roc";677123456', '"Zoe" x;655123456']
    path = file("\n".join([*lines, *[f"N;65000{i:04}" for i in range(300)]]).encode())

    found = contacts(path)

    assert len(found) == 303
    assert found[:3] == [
        ("+237691234567", {"nom": "Ngono"}),
        ("+237677123456", {"nom": 'Jean "Le Roc"'}),
        ("+237655123456", {"nom": "Zoe x"}),
    ]
    assert found[-1][0] == "+237650000299"


def test_commas_in_values_do_not_hide_the_separator(file):
    path = file(b"Nom;Adresse;GSM\nNgono, Awa;Rue 1, Douala;2,37691234567E+11\nA, B;C, D;677123456\n")

    assert inspect(path).separator == ";"
    assert [number for number, _ in contacts(path)] == ["+237691234567", "+237677123456"]


def test_a_file_that_is_nearly_utf8(file):
    text = "\n".join(["Nom;Tel", *[f"Étéki {i};65000{i:04}" for i in range(50)]]).encode()

    found = contacts(file(text + b"\nR\xe9mi;691234567\n"))

    assert found[0][1] == {"nom": "Étéki 0"}
    assert found[-1] == ("+237691234567", {"nom": "R\ufffdmi"})


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize(
    "word", ["Zoé", "Éric", "Noël", "l’été", "O’Neil", "François", "çà", "garçon", "Hélène", "cœur", "20 €"]
)
def test_one_word_tells_the_code_page(file, encoding, word):
    path = file(f"Nom;Tel\n{word};691234567\n".encode(encoding))

    assert contacts(path) == [("+237691234567", {"nom": word})]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1252", "José Ñandú – 50 €"),
        ("cp1252", "João"),
        ("cp1252", "Ångström"),
        ("cp1252", "à"),
        ("iso8859-15", "Cœur"),
        ("mac_roman", "DÉSIRÉE"),
        ("mac_roman", "BENOÎT"),
        ("mac_roman", "Pérez Gómez"),
    ],
)
def test_a_name_is_never_read_as_chinese_or_czech(file, encoding, word):
    path = file(f"Nom;Tel\n{word};691234567\n".encode(encoding))

    assert contacts(path) == [("+237691234567", {"nom": word})]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_bytes_of_a_byte_order_mark_inside_a_file_say_nothing_of_its_encoding(file, mark):
    path = file(b"Nom;Tel\nAwa;691234567\n" + mark)

    assert [number for number, _ in contacts(path)] == ["+237691234567", NumberFault.EMPTY]


def test_accents_after_a_megabyte_of_ascii(file):
    path = file(b"Nom;Tel\n" + b"Awa;691234567\n" * 120_000 + "Zoé;677123456\n".encode("cp1252"))

    assert inspect(path).encoding == "cp1252"


@pytest.mark.parametrize(
    "heading",
    """Numéro|NUMERO|Numéros|N°|N° Tél.|No tel|Tél|TEL.|tel:|Téléphone|Telephone|Téléphones|Téléphone portable|Portable|GSM|N° GSM|Mobile
    |Mobile phone|WhatsApp|N° WhatsApp|Phone|Phone Number|phone_number|PhoneNumber|Cell|Cell phone|Contact|Contacts|Contact client|MSISDN|Number
    |numéro de téléphone du client|Téléphone (indicatif pays)""".replace("\n", "").split("|"),
)
def test_the_column_of_numbers_is_known_by_its_heading(file, heading):
    path = file(f"Code client;{heading.strip()};Nom\n12345678;691234567;Ngono\n87654321;691 23 45 67;Ngono\n".encode())

    assert contacts(path) == [
        ("+237691234567", {"code_client": code, "nom": "Ngono"}) for code in ("12345678", "87654321")
    ]


@pytest.mark.parametrize(
    "heading", ["Nom du contact", "Opérateur mobile", "Fax", "Date appel", "Type téléphone", "Numéro client"]
)
def test_a_column_about_numbers_is_none(file, heading):
    path = file(f"{heading};Tel\nX;691234567\n".encode())

    assert [number for number, _ in contacts(path)] == ["+237691234567"]
    assert [column.field for column in preview(path).mapping.columns][1] == "number"


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Prénom(s)", "prenom"),
        ("PRENOMS", "prenom"),
        ("Nom & prénoms", "nom"),
        ("Nom et prénoms", "nom"),
        ("First Name", "first_name"),
        ("Surname", "last_name"),
        ("Full name", "name"),
        ("E-mail", "email"),
        ("Courriel", "email"),
        ("Société", "entreprise"),
        ("Date de naiss.", "date_de_naissance"),
        ("Points fidélité 2026", "points_fidelite_2026"),
        ("Stop", "stop_2"),
    ],
)
def test_other_columns_are_named_by_their_headings(file, heading, name):
    path = file(f"{heading};Tel\nX;691234567\n".encode())

    assert contacts(path) == [("+237691234567", {name: "X"})]


def test_columns_in_any_order_and_headings_that_repeat(file):
    path = file(b"Tel;Ville;Note;Note\n691234567;Douala;a;b\n")

    assert contacts(path) == [("+237691234567", {"ville": "Douala", "notes": "a", "notes_2": "b"})]


def test_a_mobile_column_is_asked_before_a_fixed_one(file):
    path = file("Téléphone fixe;Tél.;Portable\n222234567;;691234567\n222234567;677123456;\n222234567;;\n".encode())

    assert [number for number, _ in contacts(path)] == ["+237691234567", "+237677123456", "+237222234567"]


def test_days_as_numbers_and_as_people_write_them(file):
    path = file(
        b"Tel;Date de naissance;Age\n691234567;31325;44\n691234567;05/10/1985;2024\n691234567;10/25/1985;1\n691234567;1985;x\n"
    )

    assert [a["date_de_naissance"] for _, a in contacts(path)] == ["1985-10-05", "1985-10-05", "1985-10-25", "1985"]


@pytest.mark.parametrize("ours", ["row;reason", "Ligne;Raison"])
def test_refused_rows_that_come_back_say_nothing_of_themselves(file, ours):
    path = file(f"{ours};Tel;Nom\n7;Pas un numéro;690000001;Awa\n".encode())

    assert contacts(path) == [("+237690000001", {"nom": "Awa"})]


def test_at_most_thirty_attributes(file):
    path = file(
        (";".join(["Tel", *[f"c{i}" for i in range(40)]]) + "\n" + ";".join(["691234567", *["x"] * 40]) + "\n").encode()
    )

    assert len(contacts(path)[0][1]) == 30
    assert "c35" in contacts(path, c35="c35")[0][1]


def test_empty_columns_behind_the_others_are_left_out(file):
    path = file(
        (
            ";".join(["Tel", "Nom", *[""] * 40, "Ville"]) + "\n" + ";".join(["691234567", "Awa", *[""] * 40, "Douala"])
        ).encode()
    )

    assert contacts(path) == [("+237691234567", {"nom": "Awa", "ville": "Douala"})]


def test_a_row_of_very_many_cells_is_read_to_a_bound(file):
    assert contacts(file(b"691234567" + b";x" * 60_000)) == [
        ("+237691234567", {f"column_{i}": "x" for i in range(2, 32)})
    ]


def test_a_text_that_is_kept_one_by_a_formula(file):
    path = file(b'Nom;Code;Tel\r\n"=""Awa""";="007";"=""691234567"""\r\n')

    assert contacts(path) == [("+237691234567", {"nom": "Awa", "code": "007"})]


def test_characters_that_no_database_holds_are_left_out(file):
    rows = "Zoë;677123456\n" * 10

    for encoding in ("utf-16", "utf-8", "cp1252"):
        assert contacts(file(f"Nom;Tel\n\0A\0wa;691234567\n{rows}".encode(encoding)))[:2] == [
            ("+237691234567", {"nom": "Awa"}),
            ("+237677123456", {"nom": "Zoë"}),
        ]


def test_cells_with_numbers_are_left_without_them_too(file):
    path = file(("Nom;Tel\nAwa;69\x00123\n" + "Zoë;677123456\n" * 10).encode())

    seen = preview(path)

    assert seen.records[0].numbers == ("69123",)


def test_halves_of_a_pair_in_a_workbook_are_replaced(tmp_path):
    options = {"constant_memory": True}  # texts stand in their cells
    with xlsxwriter.Workbook(tmp_path / "before.xlsx", options) as book:
        book.add_worksheet().write_row(0, 0, ["Awa HALF", "690000001"])
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(tmp_path / "before.xlsx") as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"HALF", b"_xD83D_"))

    assert contacts(path) == [("+237690000001", {"column_1": "Awa \ufffd"})]


def test_googles_contacts(file):
    path = file(
        b"First Name,Middle Name,Last Name,Nickname,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        b"Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\r\n"
        b"Awa,,Ngono,,ACME,* myContacts,* Home,awa@example.org,Home,222 23 45 67,Mobile,691 23 45 67 ::: +237 655 12 34 56\r\n"
        b"Zoe,,Eteki,,,* myContacts,,,,+237 677-12-34-56,,\r\n"
    )

    assert contacts(path) == [
        ("+237691234567", {"first_name": "Awa", "last_name": "Ngono", "company": "ACME", "email": "awa@example.org"}),
        ("+237677123456", {"first_name": "Zoe", "last_name": "Eteki"}),
    ]
    first = preview(path).records[0]
    assert [n.e164 for n in read_numbers(first.numbers, country="CM").others] == ["+237655123456", "+237222234567"]


def test_googles_contacts_of_before(file):
    path = file(
        b"Name,Given Name,Family Name,Group Membership,Phone 1 - Type,Phone 1 - Value\r\n"
        b"Awa Ngono,Awa,Ngono,* myContacts,Mobile,691234567\r\n"
    )

    assert contacts(path) == [("+237691234567", {"name": "Awa Ngono", "first_name": "Awa", "last_name": "Ngono"})]


def test_outlooks_contacts(file):
    path = file(
        b'"First Name","Last Name","Company","Business Fax","Assistant\'s Phone","Business Phone","Home Phone","Mobile Phone","E-mail Address","Gender"\r\n'
        b'"Awa","Ngono","ACME","222000000","699999999","222234567","","\'691234567","awa@example.org","Unspecified"\r\n'
        b'"Paul","","","","699999998","","","","",""\r\n'
    )

    found = contacts(path)
    assert found[1][0] is NumberFault.EMPTY
    assert found[:1] == [
        ("+237691234567", {"first_name": "Awa", "last_name": "Ngono", "company": "ACME", "email": "awa@example.org"}),
    ]


VCARD_21 = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=89t=C3=A9ki;Zo=C3=AB;;;\r\n"
    b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=5A=6F=C3=AB=20=\r\n=C3=89t=C3=A9ki\r\nTEL;HOME:222234567\r\nTEL;CELL;PREF:+237 677 12 34 56\r\n"
    b"TEL;WORK;FAX:222000000\r\nPHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD\r\n TEL;CELL:699999999\r\n\r\nEND:VCARD\r\n"
)
VCARD_30 = (
    "BEGIN:VCARD\nVERSION:3.0\nN:Ngono;Awa;;;\nFN:Awa Ngono\nitem1.TEL;TYPE=CELL,VOICE:691\n 234567\nitem1.X-ABLabel:perso\n"
    "EMAIL;TYPE=INTERNET:awa@example.org\nORG:ACME\\, Inc;Ventes\nADR;TYPE=HOME:;;Rue 12;Douala;;;Cameroun\nBDAY:19851005\n"
    "NOTE:fidèle\\nmatin\nEND:VCARD\n"
).encode()
VCARD_40 = (
    b'begin:vcard\r\nversion:4.0\r\nfn:Paul\r\ntel;value=uri;type="work,voice":tel:+237-222-23-45-67;ext=12\r\n'
    b'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+237-655-12-34-56\r\nend:vcard\r\n'
)


def test_a_card_that_does_not_end_is_a_person_and_an_assistants_is_none(file):
    path = file(
        b"BEGIN:VCARD\nN:Ngono;Awa\nTEL:691234567\nAGENT:\nBEGIN:VCARD\nTEL:699999999\nEND:VCARD\nORG:ACME\nEND:VCARD\n"
        b"BEGIN:VCARD\nFN:Paul\nTEL:655123456\nBEGIN:VCARD\nFN:Luc\nTEL:677123456\n",
        "contacts.vcf",
    )

    assert contacts(path) == [
        ("+237691234567", {"nom": "Ngono", "prenom": "Awa", "entreprise": "ACME"}),
        ("+237655123456", {"nom": "Paul"}),
        ("+237677123456", {"nom": "Luc"}),
    ]


def test_vcards_of_each_version(file):
    path = file(
        VCARD_21 + VCARD_30 + VCARD_40 + b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Sans\r\nEND:VCARD\r\n", "contacts.vcf"
    )

    assert inspect(path).kind is FileKind.VCARD
    assert contacts(path) == [
        ZOE,
        (
            "+237691234567",
            {
                "nom": "Ngono",
                "prenom": "Awa",
                "email": "awa@example.org",
                "entreprise": "ACME, Inc",
                "ville": "Douala",
                "date_de_naissance": "1985-10-05",
                "notes": "fidèle\nmatin",
            },
        ),
        ("+237655123456", {"nom": "Paul"}),
        (NumberFault.EMPTY, {"nom": "Sans"}),
    ]
    assert [row.number for row in rows(path, inspect(path), after=2)] == [3, 4]


def workbook(path, *, heading_row=0):
    """Write a workbook as shops have them: a title, merged cells, formulas, hidden rows, several sheets."""
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Accueil").write(0, 0, "Boutique de Douala")
    sheet = book.add_worksheet("Clients")
    sheet.merge_range("B2:F2", "Liste des clients")
    sheet.write_row(3, 1, ["Nom", "Prénom", "Téléphone", "Date de naissance", "Ville"])
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(4, 1, ["Ngono", "Awa"])
    sheet.write_number(4, 3, 237691234567)
    sheet.write_datetime(4, 4, dt.date(1985, 10, 5), day)
    sheet.merge_range("F5:F6", "Douala")
    sheet.write_row(5, 1, ["Étéki", "Zoë"])
    sheet.write_formula(5, 3, '="+237"&"677123456"', None, "+237677123456")
    sheet.write_number(5, 4, 31325)
    sheet.set_row(5, None, None, {"hidden": True})
    sheet.write_row(7, 1, ["Biya", "Paul", "2,37691E+11"])
    sheet.write_formula(7, 5, "=NA()", None, "#N/A")
    sheet.set_column(4, 4, None, None, {"hidden": True})
    hidden = book.add_worksheet("Anciens")
    hidden.write_column(0, 0, ["Tel", 655123456])
    hidden.hide()
    book.add_worksheet("Vide")
    book.close()


def test_a_workbook(tmp_path):
    path = tmp_path / "clients.xlsx"
    workbook(path)

    layout = inspect(path)

    assert (layout.kind, layout.sheet, layout.heading) == (FileKind.WORKBOOK, "Clients", 4)
    assert layout.sheets == ("Accueil", "Clients", "Vide", "Anciens")
    assert contacts(path) == [
        ("+237691234567", {"nom": "Ngono", "prenom": "Awa", "date_de_naissance": "1985-10-05", "ville": "Douala"}),
        ("+237677123456", {"nom": "Étéki", "prenom": "Zoë", "date_de_naissance": "1985-10-05", "ville": "Douala"}),
        (NumberFault.ROUNDED, {"nom": "Biya", "prenom": "Paul"}),
    ]
    assert [row.number for row in rows(path, layout)] == [5, 6, 8]
    assert [row.number for row in rows(path, layout, after=5)] == [6, 8]


def test_the_sheet_that_somebody_wants(tmp_path):
    path = tmp_path / "clients.xlsx"
    workbook(path)

    seen = preview(path, inspect(path, sheet="Anciens"))

    assert [record.numbers for record in seen.records] == [("655123456",)]


# How the number 6 91 23 45 NN is found in files.
SPELLINGS = [
    "6912345{0}", "+2376912345{0}", "002376912345{0}", "2376912345{0}", "2376912345{0}.0", "'6912345{0}", "691 23 45 {0}", "691.23.45.{0}",
    "691-23-45-{0}", "+237 (0) 6912345{0}", "Tel: 691 23 45 {0}", "6912345{0} (bureau)", '="6912345{0}"', "2,376912345{0}E+11", "6912345{0}/6770000{0}",
]  # fmt: skip
# Characters that a code page of one octet for each cannot write.
WIDE = ["691\u00a023\u00a045\u00a0{0}", "\u200e+2376912345{0}\u202c", "6912345{0} \u200f"]
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_traps_mixed_at_random(file, data):
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"]))
    separator, end = data.draw(st.sampled_from(";,\t|")), data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    spellings = [*SPELLINGS, *WIDE] if encoding.startswith("utf") else SPELLINGS
    expected, lines = [], []
    for place in range(data.draw(st.integers(4, 8))):
        name = data.draw(st.sampled_from(["Awa", "Étéki", "Zoë; fils", "Rémi\nle Roc", 'dit "Zo"', "O’Neil, Jean"]))
        number = data.draw(st.sampled_from(spellings)).format(10 + place)
        if encoding.startswith("utf") and number.isdigit() and data.draw(st.booleans()):
            number = number.translate(ARABIC)
        expected.append((f"+2376912345{10 + place}", name))
        cells = [name.replace("\n", end), number]
        lines.append(separator.join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in cells))
    headed = data.draw(st.booleans())
    text = end.join([*([f"Nom{separator}Téléphone"] if headed else []), *lines, ""])
    path = file(text.encode(encoding))

    found = contacts(path)

    assert [(number, known["nom" if headed else "column_1"]) for number, known in found] == expected


def test_everything_mixed(file):
    path = file(
        "Clients de la boutique\r\rNom;Tél. bureau;Portable / WhatsApp;Né le\r"
        "Ngono;222 23 45 67;'691\u00a023\u00a045\u00a067/677-12-34-56;31325\r"
        '"Étéki\rfils";;="00237655123456";05/10/1985\r'
        "Biya;;2,37691E+11;\rRémi;;Tel: 650 00 00 01;\r".encode("mac_roman")
    )

    assert contacts(path) == [
        ("+237691234567", {"nom": "Ngono", "date_de_naissance": "1985-10-05"}),
        ("+237655123456", {"nom": "Étéki\nfils", "date_de_naissance": "1985-10-05"}),
        (NumberFault.ROUNDED, {"nom": "Biya"}),
        ("+237650000001", {"nom": "Rémi"}),
    ]
