"""Bounds on ids: a statement that finds messages by id opens the partitions that hold them, and no others.

A plan is made once and kept; it opens and locks every partition that its text does not exclude, whatever the parameters are
(with 1,333 partitions a claim went from 17 to 600 µs). The bounds are therefore literals, and coarse, so that a batch has the text,
and the plan, of the batch before.

The planner excludes partitions by an OR too, and cannot use it in an index: a plain range, which it takes for very selective on a
table that was empty, would be walked instead of the ids themselves. No id is -1.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from smsflow.store.postgres.transactions import text

# Divides the width of every partition, old and new (see `partitions`).
BLOCK = 10_000_000
# More than a batch of messages old and new needs at once; psycopg keeps a hundred prepared statements a connection.
_TEXTS = 32
_WITHIN = re.compile(r"\bWITHIN\(([a-z_.]+)\)")


def bounded(statement: str) -> Callable[[Iterable[int]], str]:
    """Return a function from ids to the text of `statement`, in which `WITHIN(m.id)` stands for the bounds of a column."""
    prepared = text(statement)

    @lru_cache(_TEXTS)
    def between(low: int, high: int) -> str:
        return _WITHIN.sub(rf"((\1 >= {low} OR \1 = -1) AND (\1 < {high} OR \1 = -1))", prepared)

    def of(ids: Iterable[int]) -> str:
        known = list(ids)
        if not known:
            return between(0, BLOCK)
        return between(min(known) // BLOCK * BLOCK, (max(known) // BLOCK + 1) * BLOCK)

    return of
