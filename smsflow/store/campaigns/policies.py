"""The demands of the platform on marketing, by country."""

from smsflow.domain.schedule import Hours, Policy
from smsflow.store.postgres.transactions import Tx, text


async def every(tx: Tx) -> dict[str, Policy]:
    """Return the policies by country."""
    rows = await tx.execute(text("SELECT country, timezone, opens, closes, per_day, stop FROM marketing_policy"))
    return {country: Policy(country, zone, Hours(opens, closes), *rest) for country, zone, opens, closes, *rest in rows}


async def put(tx: Tx, policy: Policy) -> None:
    """Set the policy of a country."""
    upsert = text("""
        INSERT INTO marketing_policy (country, timezone, opens, closes, per_day, stop)
        VALUES (:country, :timezone, :opens, :closes, :per_day, :stop)
        ON CONFLICT (country) DO UPDATE SET timezone = excluded.timezone, opens = excluded.opens, closes = excluded.closes,
            per_day = excluded.per_day, stop = excluded.stop
    """)
    parameters = {
        "country": policy.country,
        "timezone": policy.timezone,
        "opens": policy.hours.start,
        "closes": policy.hours.end,
        "per_day": policy.per_day,
        "stop": policy.stop,
    }
    await tx.execute(upsert, parameters)
