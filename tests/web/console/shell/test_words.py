from smsflow.web.console.shell.words import known


def test_the_name_of_a_contact_comes_before_what_else_is_known():
    attributes = {"nom": "Abena", "ville": "Douala", "Prénom": "Aïcha"}

    assert known(attributes) == ["Aïcha", "Abena", "Douala"]
