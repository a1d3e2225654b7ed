from hypothesis import given
from hypothesis import strategies as st

from smsflow.smpp import concat, pdu
from smsflow.smpp.reassembly import Reassembly, TextPart, Whole


def parts_of(text, *, source="237690000001", reference=7, size=10):
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return [
        pdu.DeliverSm(source=source, dest="8800", esm_class=data.esm_class, short_message=data.short_message)
        for data in concat.user_data(pieces, "gsm7", reference=reference, mode="udh8")
    ]


@given(st.permutations(parts_of("un texte en plusieurs morceaux, dans le desordre")))
def test_rule_11_parts_come_in_any_order(parts):
    reassembly = Reassembly()

    released = [whole for part in parts for whole in reassembly.add(part, 0.0)]

    assert [whole.text for whole in released] == ["un texte en plusieurs morceaux, dans le desordre"]
    assert released[0].complete


@given(st.lists(st.integers(0, 2), max_size=6))
def test_rule_11_duplicates_are_dropped_before_and_after_the_text_is_whole(repeats):
    parts = parts_of("premier..:deuxieme.:troisieme.")
    reassembly = Reassembly()

    released = [whole for n in [*repeats, 0, 1, 2, *repeats] for whole in reassembly.add(parts[n], 0.0)]

    assert [whole.text for whole in released] == ["premier..:deuxieme.:troisieme."]
    assert reassembly.duplicates == 2 * len(repeats)


def test_rule_11_a_text_that_waits_too_long_is_released_without_its_missing_parts():
    first, _, third = parts_of("premier..:deuxieme.:troisieme.")
    reassembly = Reassembly(timeout=60)
    reassembly.add(third, 0.0)
    reassembly.add(first, 30.0)

    assert reassembly.expire(59.9) == []
    (whole,) = reassembly.expire(60.0)
    assert whole == Whole("237690000001", "8800", "premier..:troisieme.", 2, 3)
    assert not whole.complete
    assert reassembly.waiting == 0


def test_two_handsets_can_use_one_reference():
    ours, theirs = parts_of("a" * 20), parts_of("b" * 20, source="237690000002")
    reassembly = Reassembly()

    released = [whole.text for part in (ours[0], theirs[0], theirs[1], ours[1]) for whole in reassembly.add(part, 0.0)]

    assert released == ["b" * 20, "a" * 20]


def test_a_reference_used_again_begins_a_new_text_and_loses_nothing_of_the_old():
    old, new = parts_of("a" * 20), parts_of("b" * 20)
    reassembly = Reassembly()

    released = [whole for part in (old[0], new[0], new[1]) for whole in reassembly.add(part, 0.0)]

    assert [(whole.text, whole.complete) for whole in released] == [("a" * 10, False), ("b" * 20, True)]


def test_a_text_sent_again_after_the_memory_of_it_is_a_text():
    reassembly = Reassembly(remember=60)

    released = [whole.text for now in (0.0, 61.0) for part in parts_of("a" * 20) for whole in reassembly.add(part, now)]

    assert released == ["a" * 20] * 2


def test_too_many_open_texts_release_the_oldest():
    reassembly = Reassembly(max_open=2)
    for reference in range(4):
        reassembly.add(parts_of("a" * 20, reference=reference)[0], 0.0)

    assert len(reassembly.expire(1.0)) == 2
    assert reassembly.waiting == 2


def test_a_header_that_makes_no_sense_is_a_message_alone():
    for header in (b"\x05\x00\x03\x01\x02\x00", b"\x05\x00\x03\x01\x01\x02", b"\xff", b"\x02\x00\x09"):
        message = pdu.DeliverSm(esm_class=0x40, short_message=header)

        assert len(Reassembly().add(message, 0.0)) == 1


@given(st.binary(max_size=40), st.integers(0, 255))
def test_no_message_makes_it_raise(data, esm_class):
    reassembly = Reassembly()

    reassembly.add(pdu.DeliverSm(esm_class=esm_class, short_message=data), 0.0)
    reassembly.expire(1e9)


def test_a_header_without_a_concatenation_is_taken_off():
    (whole,) = Reassembly().add(pdu.DeliverSm(esm_class=0x40, short_message=b"\x04\x0b\x02\x01\x02oui"), 0.0)

    assert (whole.text, whole.data) == ("oui", b"oui")


def test_a_header_can_name_a_national_table_beside_the_parameters_of_the_place():
    header, reassembly = b"\x03\x24\x01\x01", Reassembly()
    sar = {0x020C: b"\0\7", 0x020E: b"\2"}
    released = [
        whole.text
        for number in (2, 1)
        for whole in reassembly.add(
            pdu.DeliverSm(
                esm_class=0x40, short_message=header + b"\x1bg%d" % number, tlvs={**sar, 0x020F: bytes((number,))}
            ),
            0.0,
        )
    ]

    assert released == ["ğ1ğ2"]


def test_parts_of_different_codings_are_read_each_in_its_own():
    reassembly, key = Reassembly(), ("a", "b", 1, 2)
    reassembly.put(key, 2, TextPart(8, "ê".encode("utf-16-be")), 0.0)
    (whole,) = reassembly.put(key, 1, TextPart(0, b"\x1bg", single=1), 0.0)

    assert whole.text == "ğê"


def test_parts_that_were_put_before_are_restored_with_their_keys():
    reassembly, key = Reassembly(), ("a", "b", 1, 2)
    reassembly.restore(key, 1, TextPart(0, b"oui ", tag="first"), 0.0, done=False)
    reassembly.restore(("a", "c", 1, 2), 1, TextPart(0, b"done"), 0.0, done=True)

    (whole,) = reassembly.put(key, 2, TextPart(0, b"non", tag="second"), 1.0)
    assert (whole.text, whole.tags) == ("oui non", ("first", "second"))
    assert reassembly.put(("a", "c", 1, 2), 1, TextPart(0, b"done"), 1.0) == []
    assert reassembly.duplicates == 1
