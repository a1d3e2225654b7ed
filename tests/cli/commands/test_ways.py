import pytest

from smsflow.cli.commands.connector import address

NEW = ("--smpp", "smpp.example:2775", "--system-id", "me", "--password-stdin")


def a_connector(smsflow, name="op", *options):
    return smsflow.json("connector", "add", name, *NEW, *options, stdin="secret\n")


def test_a_connector_is_added_with_the_defaults_of_the_schema(smsflow):
    connector = a_connector(smsflow)

    assert (connector["host"], connector["port"], connector["system_id"]) == ("smpp.example", 2775, "me")
    assert (connector["bind"], connector["window"], connector["rate"], connector["tls"]) == ("trx", 10, None, False)


def test_a_password_is_never_shown_and_stored_sealed(smsflow, database_url):
    import psycopg

    from smsflow.store.postgres.transactions import libpq_url

    a_connector(smsflow)

    for out in (smsflow.out, smsflow("connector", "list"), smsflow("connector", "list", "--json")):
        assert "secret" not in out.replace("password_sealed", "")
    with psycopg.connect(libpq_url(database_url)) as connection:
        (sealed,) = connection.execute("SELECT password_sealed FROM connector").fetchone()
    assert "secret" not in sealed


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        (["--smpp", "[::1]:9000"], "host", "::1"),
        (["--system-id", "you"], "system_id", "you"),
        (["--system-type", "SMPP"], "system_type", "SMPP"),
        (["--bind", "tx+rx"], "bind", "tx+rx"),
        (["--binds", "4"], "binds", 4),
        (["--window", "50"], "window", 50),
        (["--rate", "100"], "rate", 100),
        (["--rate", "none"], "rate", None),
        (["--tls"], "tls", True),
        (["--no-tls"], "tls", False),
        (["--reference-base", "hex-to-dec"], "reference_base", "hex_to_dec"),
        (["--long-mode", "sar"], "long_mode", "sar"),
        (["--latin1"], "latin1", True),
        (["--delivered-when", "any"], "delivered_when", "any"),
        (["--response-timeout", "10"], "response_timeout", 10),
        (["--enquire-interval", "15"], "enquire_interval", 15),
    ],
)
def test_each_option_of_a_connector_can_be_given_and_changed(smsflow, options, field, value):
    assert a_connector(smsflow, "first", *options)[field] == value
    a_connector(smsflow, "second")
    assert smsflow.json("connector", "set", "second", *options)[field] == value


def test_a_connector_is_disabled_and_enabled(smsflow):
    a_connector(smsflow)

    assert smsflow.json("connector", "disable", "op")["enabled"] is False
    assert smsflow.json("connector", "enable", "op")["enabled"] is True


def test_a_connectors_name_is_taken_once(smsflow):
    a_connector(smsflow)

    smsflow("connector", "add", "op", *NEW, stdin="secret\n", code=1)

    assert smsflow.err == "smsflow: There is already a connector op.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["connector", "add", "op"],
        ["connector", "add", "op", "--smpp", "smpp.example:2775", "--system-id", "me"],
        ["connector", "add", "op", "--smpp", "smpp.example", "--system-id", "me", "--password-stdin"],
        ["connector", "set", "op"],
        ["connector", "set", "op", "--window", "0"],
        ["connector", "set", "op", "--system-id", "sixteen letters."],
        ["route", "add"],
        ["route", "add", "--connector", "op", "--prefix", "2376"],
        ["route", "add", "--connector", "op", "--kind", "spam"],
    ],
)
def test_a_wrong_usage_of_connectors_and_routes_is_2(shell, arguments):
    shell(*arguments, stdin="secret\n", code=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["connector", "set", "op", "--tls"], "There is no connector op."),
        (["connector", "enable", "op"], "There is no connector op."),
        (["route", "add", "--connector", "op"], "There is no connector op."),
        (["route", "remove", "7"], "There is no route 7."),
        (["route", "explain", "690000001", "--company", "9"], "There is no company 9."),
    ],
)
def test_a_way_that_is_not_there_is_one_sentence_and_1(smsflow, arguments, sentence):
    smsflow(*arguments, code=1)

    assert smsflow.err == f"smsflow: {sentence}\n"


def test_a_route_keeps_its_conditions(smsflow):
    a_connector(smsflow)
    smsflow("company", "add", "Awa")
    conditions = ["--country", "cm", "--prefix", "+2376", "--company", "1", "--sender", "AWA", "--kind", "otp"]

    smsflow("route", "add", "--connector", "op", *conditions, "--priority", "5")

    (route,) = smsflow.json("route", "list")["routes"]
    assert (route["connector"], route["priority"], route["country"], route["prefix"]) == ("op", 5, "CM", "+2376")
    assert (route["company_id"], route["sender"], route["kind"]) == (1, "AWA", "otp")
    assert "+2376" in smsflow("route", "list")


def test_a_removed_route_is_gone(smsflow):
    a_connector(smsflow)
    route = smsflow.json("route", "add", "--connector", "op")

    smsflow("route", "remove", str(route["id"]))

    assert smsflow.json("route", "list")["routes"] == []


def test_explain_shows_the_connectors_in_order_and_why(smsflow):
    smsflow("company", "add", "Awa", "--sender", "AWA")
    for name in ("first", "second", "codes"):
        a_connector(smsflow, name)
    smsflow("route", "add", "--connector", "second", "--country", "CM", "--priority", "200")
    smsflow("route", "add", "--connector", "first", "--country", "CM")
    smsflow("route", "add", "--connector", "codes", "--kind", "otp")

    explained = smsflow.json("route", "explain", "690 00 00 01", "--company", "1")

    assert explained["number"] == "+237690000001"
    assert (explained["connectors"], explained["refused"]) == (["first", "second"], None)
    whys = {s["connector"]: s["why"] for s in explained["steps"]}
    assert whys == {
        "codes": "it is for otp messages",
        "first": "it matches: numbers of CM",
        "second": "it matches: numbers of CM",
    }
    assert "leaves by first, or else by second." in smsflow("route", "explain", "690000001", "--company", "1")


@pytest.mark.parametrize(
    ("number", "options", "refused"),
    [
        ("690000001", [], "No route leads to +237690000001: add one with `smsflow route add`."),
        ("222222222", [], "NUMBER is not a mobile number: +237222222222."),
        ("+24106031234", [], "The country GA is not allowed for this account."),
        ("690000001", ["--sender", "OTHER"], "The sender OTHER is not allowed for this account."),
    ],
)
def test_explain_shows_the_refusal(smsflow, number, options, refused):
    smsflow("company", "add", "Awa", "--sender", "AWA")

    assert smsflow.json("route", "explain", number, "--company", "1", *options)["refused"] == refused


def test_an_address_is_a_host_and_a_port():
    assert address("smpp.example:2775") == ("smpp.example", 2775)
    assert address("[2001:db8::1]:2775") == ("2001:db8::1", 2775)


def test_a_connector_is_shown_without_its_password(smsflow):
    a_connector(smsflow)

    assert smsflow.json("connector", "show", "op")["system_id"] == "me"
    assert "smpp.example" in smsflow("connector", "show", "op")
    assert "secret" not in smsflow.out


def test_a_connector_is_removed_when_nothing_needs_it(smsflow):
    a_connector(smsflow)
    smsflow("route", "add", "--connector", "op")

    smsflow("connector", "remove", "op", "--yes", code=1)
    assert "disable it first" in smsflow.err
    smsflow("connector", "disable", "op")
    smsflow("connector", "remove", "op", "--yes", code=1)
    assert "these routes lead to it: 1" in smsflow.err
    smsflow("route", "remove", "1")
    assert smsflow.json("connector", "remove", "op", "--yes") == {"name": "op", "removed": True}
    assert smsflow.json("connector", "list")["connectors"] == []


def test_an_act_that_cannot_be_undone_wants_a_yes_where_nobody_can_be_asked(smsflow):
    a_connector(smsflow)
    smsflow("connector", "disable", "op")

    smsflow("connector", "remove", "op", code=2)

    assert "--yes" in smsflow.err
    assert len(smsflow.json("connector", "list")["connectors"]) == 1


def test_a_number_is_given_to_companies_by_keyword_listed_and_taken_back(smsflow):
    smsflow("company", "add", "Boutique", "--country", "CM")
    a_connector(smsflow, "mtn")
    smsflow("number", "add", "8787", "--connector", "mtn")

    added = smsflow.json("number", "add", "8787", "--connector", "mtn", "--company", "Boutique", "--keyword", "Été")

    assert (added["number"], added["keyword"], added["company_id"]) == ("8787", "ete", 1)
    listed = smsflow.json("number", "list")["numbers"]
    assert [(n["keyword"], n["company_id"]) for n in listed] == [("", None), ("ete", 1)]
    smsflow("number", "remove", "8787", "--connector", "mtn", "--keyword", "été")
    assert smsflow.json("number", "add", "+237 690 00 00 00", "--connector", "mtn")["number"] == "237690000000"
    smsflow("number", "remove", "237690000000", "--connector", "mtn")
    assert len(smsflow.json("number", "list")["numbers"]) == 1
