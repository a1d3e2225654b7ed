import io
import json
import logging
import os
import subprocess
import sys

import pytest
import structlog

from smsflow import observe

CHILD = """
from smsflow import observe
observe.accepted_total.inc(3)
observe.bound.labels("mtn").set(1)
observe.batch_size.labels("accept").observe(7)
"""


@pytest.fixture
def logged(monkeypatch):
    """Configure the logs to go into a text, and put everything back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    observe.configure("info", "auto", "web")
    yield stream
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_log_is_one_line_of_json_with_its_role_when_nobody_watches(logged):
    structlog.get_logger("smsflow.web").info("sent", message_id=12, text="Bonjour", sender="Été")

    line = json.loads(logged.getvalue())
    assert (line["event"], line["role"], line["level"], line["message_id"]) == ("sent", "web", "info", 12)
    assert "Été" in logged.getvalue()


def test_the_logs_of_libraries_take_the_same_way(logged):
    logging.getLogger("psycopg.pool").warning("lost %s", "a connection")

    line = json.loads(logged.getvalue())
    assert (line["event"], line["logger"], line["role"]) == ("lost a connection", "psycopg.pool", "web")


def test_events_below_the_level_are_not_logged(logged):
    structlog.get_logger().debug("detail")
    logging.getLogger("library").debug("detail")

    assert logged.getvalue() == ""


def test_a_traceback_shows_no_local_variable(logged):
    password = "hunter" + str(2)
    try:
        1 / (len(password) - 7)
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")

    assert "ZeroDivisionError" in logged.getvalue()
    assert "hunter2" not in logged.getvalue()


@pytest.mark.parametrize("name", ["password", "token", "code", "text", "secret", "Authorization", "bind_password"])
def test_a_secret_is_hidden_under_each_of_its_names_and_at_any_depth(name):
    event = observe.redact(None, "info", {name: "422510", "reply": {"items": [{name: "422510"}]}})

    assert "422510" not in repr(event)


def test_a_status_or_an_error_stays_legible():
    event = {"event": "refused", "status_code": 402, "error_code": "not_enough_credits", "segments": [1, 2]}

    assert observe.redact(None, "info", dict(event)) == event


def test_a_number_of_a_person_is_masked():
    event = observe.redact(None, "info", {"number": "+237671234567", "recipients": 2, "phone_number": None})

    assert event == {"number": "+2376***67", "recipients": 2, "phone_number": None}


def test_the_exposition_names_the_metrics():
    observe.refused_total.labels("not_enough_credits").inc()
    observe.batch_size.labels("accept").observe(1)

    text = observe.exposition().decode()

    assert 'smsflow_refused_total{code="not_enough_credits"}' in text
    assert 'smsflow_batch_size_bucket{le="1.0",path="accept"}' in text


@pytest.mark.processes
def test_the_metrics_of_every_process_are_shown_and_those_of_a_former_start_are_not(tmp_path):
    environment = os.environ | observe.share_metrics(tmp_path)
    subprocess.run([sys.executable, "-c", CHILD], env=environment, check=True)
    environment = os.environ | observe.share_metrics(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", CHILD], env=environment)
    assert gone.wait() == 0
    subprocess.run([sys.executable, "-c", CHILD], env=environment, check=True)

    observe.forget_process(gone.pid, environment)

    script = "from smsflow import observe; print(observe.exposition().decode())"
    shown = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    assert "smsflow_accepted_total 6.0" in shown.stdout
    assert 'smsflow_bound{connector="mtn"} 1.0' in shown.stdout
    assert 'smsflow_batch_size_count{path="accept"} 2.0' in shown.stdout


def test_a_total_is_that_of_all_labels_of_this_process():
    before = observe.total(observe.submits_total)
    observe.submits_total.labels("mtn").inc(2)
    observe.submits_total.labels("orange").inc(3)

    assert observe.total(observe.submits_total) - before == 5
