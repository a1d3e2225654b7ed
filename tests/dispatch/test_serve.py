"""The dispatch process."""

import asyncio

import pytest

from smsflow.dispatch import serve as serving
from smsflow.dispatch.engine import Engine


async def test_an_engine_that_ends_by_itself_fails_the_process(settings_of, database_url, monkeypatch):
    async def run(_engine):
        raise RuntimeError("the engine has failed")

    monkeypatch.setattr(Engine, "run", run)
    with pytest.raises(RuntimeError, match="the engine has failed"):
        await serving.serve(settings_of(), database_url, stopped=asyncio.Event().wait)
