"""Message ids of a simulated operator."""

import random
from typing import Final

from smsflow.simulator.script import Ids

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class MessageIds:
    """Ids in the order of their numbers, from a place that chance gives."""

    def __init__(self, chance: random.Random) -> None:
        """Begin somewhere among the numbers of nine digits."""
        self._next = chance.randrange(10**8, 10**9)

    def take(self, form: Ids) -> tuple[str, str]:
        """Return the next id, and the same in the other base; one in base 62 has no other, and differs from its neighbour in case only."""
        number = self._next
        self._next += 1
        if form == "base62":
            # An even number and the next odd one share their digits.
            written = _base36(number // 2)
            message_id = f"x{written}z" if number % 2 else f"X{written}Z"
            return message_id, message_id
        decimal, hexadecimal = str(number), f"{number:X}"
        return (decimal, hexadecimal) if form == "decimal" else (hexadecimal, decimal)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
