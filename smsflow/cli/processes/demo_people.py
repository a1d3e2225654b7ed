"""The customers of the demo's company, always the same."""

from dataclasses import dataclass
from itertools import product
from typing import Final

_FIRST: Final = [
    "Aïcha",
    "Alain",
    "Béatrice",
    "Blaise",
    "Carine",
    "Christian",
    "Danielle",
    "Didier",
    "Estelle",
    "Fabrice",
    "Flore",
    "Gaston",
    "Hawa",
    "Hervé",
    "Irène",
    "Joël",
    "Julienne",
    "Landry",
    "Mireille",
    "Moussa",
    "Nadège",
    "Olivier",
    "Pauline",
    "Yannick",
]
_FAMILY: Final = ["Abena", "Bello", "Djomo", "Essomba", "Fotso", "Kamga", "Mbarga", "Ngono", "Njoya", "Talla"]
_CITIES: Final = ("Douala", "Douala", "Yaoundé", "Douala", "Bafoussam")
# Spreads the numbers, and never gives two the same: it has no divisor in common with 10^7.
_STEP: Final = 7_919_317


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A customer; `number` in E.164."""

    number: str
    first: str
    family: str
    city: str

    @property
    def row(self) -> str:
        """The customer as a row of a file: the number as people write it."""
        local = self.number.removeprefix("+237")
        return f"{local[:3]} {local[3:5]} {local[5:7]} {local[7:]};{self.first};{self.family};{self.city}"


def _person(place: int, family: str, first: str) -> DemoPerson:
    number = f"+2376{'79'[place % 2]}{(4_100_000 + place * _STEP) % 10**7:07}"
    return DemoPerson(number, first, family, _CITIES[place % len(_CITIES)])


PEOPLE: Final = tuple(_person(place, *names) for place, names in enumerate(product(_FAMILY, _FIRST)))
