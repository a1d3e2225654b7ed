"""Requests of the peer that wait for our answer."""


class Requests:
    """Commands by sequence number; a peer may use one number twice, and then each request gets its own answer."""

    __slots__ = ("_commands", "_repeated", "count")

    def __init__(self) -> None:
        """Start with none."""
        self._commands: dict[int, int] = {}
        self._repeated: dict[int, list[int]] = {}
        self.count = 0

    def add(self, sequence: int, command: int) -> None:
        """Take a request."""
        self.count += 1
        if sequence in self._commands:
            self._repeated.setdefault(sequence, []).append(command)
        else:
            self._commands[sequence] = command

    def take(self, sequence: int) -> int | None:
        """Return the command of the oldest request with this number, and count it as answered."""
        command = self._commands.pop(sequence, None)
        if command is None:
            return None
        self.count -= 1
        if self._repeated and sequence in self._repeated:
            waiting = self._repeated[sequence]
            self._commands[sequence] = waiting.pop(0)
            if not waiting:
                del self._repeated[sequence]
        return command

    def clear(self) -> None:
        """Forget all."""
        self._commands.clear()
        self._repeated.clear()
        self.count = 0
