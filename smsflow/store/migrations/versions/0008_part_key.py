"""A part has its company and a primary key, made beside a release that runs and knows of neither."""

from collections.abc import Iterator

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"

# Rows that the release before inserts have no company and no attempt. This gives both, but for claims that it no longer holds.
COMPLETE = """
CREATE OR REPLACE FUNCTION complete_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT m.company_id INTO NEW.company_id FROM message m WHERE m.id = NEW.message_id;
    IF NEW.attempt IS NULL THEN
        SELECT coalesce(max(p.attempt), 0) + 1 INTO NEW.attempt FROM part p WHERE p.message_id = NEW.message_id AND p.number = NEW.number;
    END IF;
    RETURN NEW;
END $$
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER part_completed BEFORE INSERT ON part FOR EACH ROW WHEN (NEW.company_id IS NULL) EXECUTE FUNCTION complete_part()
"""
# A row that a receipt changes meanwhile is left for the next look.
FILL = """
UPDATE {child} p SET company_id = n.company_id, attempt = n.attempt
FROM (
    SELECT o.ctid, coalesce(m.company_id, 0) AS company_id,
        coalesce((SELECT max(k.attempt) FROM {child} k WHERE k.message_id = o.message_id AND k.number = o.number), 0)
            + row_number() OVER (PARTITION BY o.message_id, o.number ORDER BY o.ctid) AS attempt
    FROM {child} o LEFT JOIN message m ON m.id = o.message_id AND m.id >= {low} AND m.id < {high}
    WHERE o.message_id >= {low} AND o.message_id < {high} AND o.company_id IS NULL
) AS n
WHERE p.ctid = n.ctid AND p.company_id IS NULL
"""
STEP = 20_000
KEY = "company_id, message_id, attempt, number"


def upgrade() -> None:
    """Add the columns, fill them partition by partition, then make the key of each and of the whole."""
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE part ADD COLUMN IF NOT EXISTS company_id bigint, ADD COLUMN IF NOT EXISTS attempt integer"
        )
        op.execute(COMPLETE)
        op.execute(TRIGGER)
        for child in _children():
            _fill(child)
            _key(child)
    # The partition that the release before made meanwhile is empty, or as good as.
    op.execute("SELECT pg_advisory_xact_lock(7304)")
    for child in _children():
        op.execute(FILL.format(child=child, low=0, high=2**62))
    op.execute("ALTER TABLE part ALTER COLUMN company_id SET NOT NULL, ALTER COLUMN attempt SET NOT NULL")
    children = [*_children(), *_keyed()]
    for child in _children():
        op.execute(f"ALTER TABLE {child} ADD CONSTRAINT {child}_pkey PRIMARY KEY ({KEY})")
    op.execute(f"ALTER TABLE ONLY part ADD CONSTRAINT part_pkey PRIMARY KEY ({KEY})")
    for child in children:
        op.execute(f"ALTER INDEX part_pkey ATTACH PARTITION {child}_pkey")


def _children() -> list[str]:
    """Return the partitions that have no primary key yet."""
    return _partitions("NOT EXISTS")


def _keyed() -> list[str]:
    return _partitions("EXISTS")


def _partitions(has_key: str) -> list[str]:
    query = f"""
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = CAST('part' AS regclass)
            AND {has_key} (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') ORDER BY 1
    """
    return [name for (name,) in op.get_bind().execute(text(query))]


def _fill(child: str) -> None:
    while True:
        empty = True
        for low, high in _steps(child):
            empty = False
            op.execute(FILL.format(child=child, low=low, high=high))
        if empty:
            break
    # Checked while everybody writes: then NOT NULL needs no look at the table.
    op.execute(f"ALTER TABLE {child} DROP CONSTRAINT IF EXISTS {child}_whole")
    op.execute(
        f"ALTER TABLE {child} ADD CONSTRAINT {child}_whole CHECK (company_id IS NOT NULL AND attempt IS NOT NULL) NOT VALID"
    )
    op.execute(f"ALTER TABLE {child} VALIDATE CONSTRAINT {child}_whole")
    op.execute(f"ALTER TABLE {child} ALTER COLUMN company_id SET NOT NULL, ALTER COLUMN attempt SET NOT NULL")
    op.execute(f"ALTER TABLE {child} DROP CONSTRAINT {child}_whole")


def _steps(child: str) -> Iterator[tuple[int, int]]:
    query = f"SELECT min(message_id), max(message_id) FROM {child} WHERE company_id IS NULL"
    low, high = op.get_bind().execute(text(query)).one()
    if low is not None:
        for start in range(low, high + 1, STEP):
            yield start, min(start + STEP, high + 1)


def _key(child: str) -> None:
    op.execute(f"DROP INDEX IF EXISTS {child}_key")  # one that was cut short is of no use
    op.execute("SET lock_timeout = 0")  # it waits for long readers, and nothing waits for it
    op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {child}_key ON {child} ({KEY})")
    op.execute("SET lock_timeout = '2s'")
    op.execute(f"ALTER TABLE {child} ADD CONSTRAINT {child}_pkey PRIMARY KEY USING INDEX {child}_key")
