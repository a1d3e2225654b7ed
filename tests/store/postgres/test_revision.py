"""The revision that a database must have is known from the names of the migrations, and only a migration loads what runs them."""

import subprocess
import sys

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from smsflow.store.postgres.revision import MIGRATIONS, head, is_migrated
from smsflow.store.postgres.transactions import text


def alembic():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_the_names_of_the_files_say_the_head_and_the_order():
    revisions = [script.revision for script in alembic().walk_revisions()]

    assert revisions == sorted(revisions, reverse=True)
    assert head() == revisions[0] == alembic().get_current_head()
    for file in (MIGRATIONS / "versions").glob("*.py"):
        assert alembic().get_revision(file.name[:4]).path == str(file)


@pytest.mark.parametrize(("revision", "enough"), [("0001", False), ("9999", True)])
async def test_a_database_of_a_newer_release_is_migrated_and_one_of_an_older_is_not(platform, revision, enough):
    async with platform.database.autocommit() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        found = await is_migrated(tx)

    assert found is enough


@pytest.mark.processes
@pytest.mark.parametrize("program", ["import smsflow.web.serve", "from smsflow.cli import main; main()"])
def test_no_process_but_a_migration_loads_alembic_or_sqlalchemy(program):
    ending = "import atexit, sys; atexit.register(lambda: print([m for m in ('alembic', 'sqlalchemy') if m in sys.modules]));"
    command = [sys.executable, "-c", f"{ending} sys.argv[1:] = ['--help']; {program}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
