"""The job queue of procrastinate."""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create procrastinate's own tables and functions, as its release has them."""
    connection = op.get_bind()
    # Its script holds percent signs and colons that are no parameters: it goes to the driver as it is.
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    connection.execute(text("SELECT 1"))
