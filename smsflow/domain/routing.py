"""Routing: the connectors that a message may leave by, in order, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from smsflow.domain.message import Kind
from smsflow.domain.phone import Number

# An answer is some 200 bytes, so 2 MB at most; a table has far fewer distinct questions than that in practice.
CACHED_DECISIONS = 10_000


@dataclass(frozen=True, slots=True)
class Route:
    """A rule that leads messages to a connector; a condition of None matches everything."""

    id: int
    connector_id: int
    priority: int
    country: str | None = None
    prefix: str | None = None
    company_id: int | None = None
    sender: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """A way out, as routing sees it."""

    id: int
    name: str
    enabled: bool
    latin1: bool = False
    """Its operator takes Latin-1, so that some texts cost less by it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One route's part in a decision: `connector` is None when the route's does not exist."""

    route: Route
    connector: ConnectorState | None
    taken: bool
    why: str


class Table:
    """The routes and connectors of one moment; when they change, a new table is built."""

    def __init__(self, routes: Iterable[Route], connectors: Iterable[ConnectorState]) -> None:
        """Sort the routes once: by priority, then the more specific first, then by id."""
        self.routes = tuple(sorted(routes, key=_rank))
        self.connectors = {connector.id: connector for connector in connectors}
        # The cache's key leaves out what no route mentions, as it cannot change a decision: a thousand
        # companies under the same routes then share one answer.
        self._countries = {route.country for route in self.routes}
        self._prefixes = {route.prefix for route in self.routes if route.prefix}
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._companies = {route.company_id for route in self.routes}
        self._senders = {route.sender for route in self.routes}
        self._remembered = lru_cache(maxsize=CACHED_DECISIONS)(self._scan)

    def decide(
        self,
        number: Number,
        *,
        company_id: int,
        sender: str,
        kind: Kind,
        without: frozenset[int] = frozenset(),
    ) -> tuple[int, ...]:
        """Return the ids of the connectors to try, best first, leaving out those in `without`; () is no route."""
        connectors = self._remembered(
            number.country if number.country in self._countries else None,
            self.prefix_of(number.e164),
            company_id if company_id in self._companies else None,
            sender if sender in self._senders else None,
            kind,
        )
        return tuple(id_ for id_ in connectors if id_ not in without) if without else connectors

    def is_disabled(self, number: Number, *, company_id: int, sender: str, kind: Kind) -> bool:
        """Tell whether a route matches whose connector is disabled."""
        return any(
            _mismatch(route, country=number.country, e164=number.e164, company_id=company_id, sender=sender, kind=kind)
            is None
            and (connector := self.connectors.get(route.connector_id)) is not None
            and not connector.enabled
            for route in self.routes
        )

    def explain(
        self,
        number: Number,
        *,
        company_id: int,
        sender: str,
        kind: Kind,
        without: frozenset[int] = frozenset(),
    ) -> list[Step]:
        """Return every route in the order it is looked at, with the reason why `decide` takes it or not."""
        steps: list[Step] = []
        taken_by: dict[int, int] = {}
        for route in self.routes:
            connector = self.connectors.get(route.connector_id)
            obstacle = _mismatch(
                route,
                country=number.country,
                e164=number.e164,
                company_id=company_id,
                sender=sender,
                kind=kind,
            )
            if obstacle is None:
                obstacle = _closed(route, connector, without, taken_by)
            if obstacle is None:
                taken_by[route.connector_id] = route.id
            steps.append(Step(route, connector, obstacle is None, obstacle or _match(route)))
        return steps

    def prefix_of(self, e164: str) -> str:
        """Return the longest prefix of a route that `e164` starts with, which stands for all such numbers: it settles all the shorter ones."""
        for length in self._prefix_lengths:
            if e164[:length] in self._prefixes:
                return e164[:length]
        return ""

    def _scan(
        self,
        country: str | None,
        prefix: str,
        company_id: int | None,
        sender: str | None,
        kind: Kind,
    ) -> tuple[int, ...]:
        """Return the enabled connectors of the routes that match, each once."""
        found = dict.fromkeys(
            route.connector_id
            for route in self.routes
            if _mismatch(route, country=country, e164=prefix, company_id=company_id, sender=sender, kind=kind) is None
        )
        return tuple(id_ for id_ in found if id_ in self.connectors and self.connectors[id_].enabled)


def _rank(route: Route) -> tuple[int, bool, bool, bool, int, bool, int]:
    """Return the sort key: a company outweighs a sender, a kind, the longer prefix and a country, in this order."""
    return (
        route.priority,
        route.company_id is None,
        route.sender is None,
        route.kind is None,
        -len(route.prefix or ""),
        route.country is None,
        route.id,
    )


def _mismatch(
    route: Route,
    *,
    country: str | None,
    e164: str,
    company_id: int | None,
    sender: str | None,
    kind: Kind,
) -> str | None:
    """Return the first condition of `route` that is not met, as a sentence, or None when all are."""
    if route.company_id is not None and route.company_id != company_id:
        return f"it is for company {route.company_id}"
    if route.sender is not None and route.sender != sender:
        return f"it is for the sender {route.sender}"
    if route.kind is not None and route.kind != kind:
        return f"it is for {route.kind.name.lower()} messages"
    if route.prefix and not e164.startswith(route.prefix):
        return f"it is for numbers that start with {route.prefix}"
    if route.country is not None and route.country != country:
        return f"it is for numbers of {route.country}"
    return None


def _closed(
    route: Route,
    connector: ConnectorState | None,
    without: frozenset[int],
    taken_by: dict[int, int],
) -> str | None:
    """Return why the connector of a matching route is not taken, or None when it is."""
    if connector is None:
        return f"it matches, but there is no connector {route.connector_id}"
    if not connector.enabled:
        return f"it matches, but the connector {connector.name} is disabled"
    if connector.id in without:
        return f"it matches, but the connector {connector.name} is left out"
    if connector.id in taken_by:
        return f"it matches, but route {taken_by[connector.id]} already leads to {connector.name}"
    return None


def _match(route: Route) -> str:
    """Return what made `route` match."""
    conditions = [
        f"company {route.company_id}" if route.company_id is not None else "",
        f"sender {route.sender}" if route.sender is not None else "",
        f"{route.kind.name.lower()} messages" if route.kind is not None else "",
        f"numbers that start with {route.prefix}" if route.prefix else "",
        f"numbers of {route.country}" if route.country is not None else "",
    ]
    return "it matches: " + (", ".join(filter(None, conditions)) or "everything")
