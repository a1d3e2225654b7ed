"""The database's address, as people write it and as libpq takes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from smsflow.cli.failures import failure
from smsflow.store.postgres.transactions import UnreadableAddress, libpq_url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://u:p@h/db", {"user": "u", "password": "p", "host": "h", "dbname": "db"}),
        (
            "postgresql+psycopg://u:p@h:5433/db",
            {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "db"},
        ),
        ("postgresql://u:p/s?w#d%@h/db", {"user": "u", "password": "p/s?w#d%", "host": "h", "dbname": "db"}),
        ("postgresql://u:p%40s@h/db", {"user": "u", "password": "p@s", "host": "h", "dbname": "db"}),
        ("postgresql://u:é:ü@h/db", {"user": "u", "password": "é:ü", "host": "h", "dbname": "db"}),
        (
            "postgresql://u:p@a:1,b:2,c/db?target_session_attrs=read-write",
            {
                "user": "u",
                "password": "p",
                "host": "a,b,c",
                "port": "1,2,",
                "dbname": "db",
                "target_session_attrs": "read-write",
            },
        ),
        ("postgresql://u@/db?host=/run/a,/run/b", {"user": "u", "dbname": "db", "host": "/run/a,/run/b"}),
        ("postgresql:///db", {"dbname": "db"}),
        ("postgresql://[::1]:5432/db", {"host": "::1", "port": "5432", "dbname": "db"}),
    ],
)
def test_an_address_means_what_its_writer_meant(url, said):
    assert conninfo_to_dict(libpq_url(url)) == said


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="@%\0"), min_size=1))
def test_a_password_may_hold_anything_but_the_sign_that_ends_it(password):
    assert conninfo_to_dict(libpq_url(f"postgresql://u:{password}@h/db"))["password"] == password


@pytest.mark.parametrize("url", ["mysql://u@h/db", "postgresql://h/db?no_such_parameter=1", "postgresql://[::1/db"])
def test_a_text_that_is_no_address_is_refused_with_a_sentence_that_does_not_repeat_it(url):
    with pytest.raises(UnreadableAddress) as refused:
        libpq_url(url)

    assert "SMSFLOW_DATABASE_URL cannot be read" in failure(refused.value).sentence
    assert url not in failure(refused.value).sentence
