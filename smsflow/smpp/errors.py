"""Refusals to the caller of the library; a fault of the peer is an event, never one of these."""

from smsflow.smpp import spec


class SmppError(Exception):
    """The library refused."""


class ConnectFailed(SmppError):
    """No session could be opened with the peer."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, a sentence for the person who runs the connector."""
        self.reason = reason
        super().__init__(reason)


class BindRefused(SmppError):
    """The peer answered the bind with a status that is not a success."""

    def __init__(self, status: int) -> None:
        """Keep the status, and whether trying again with the same credentials is useless."""
        self.status = status
        self.permanent = spec.is_bind_permanent(status)
        super().__init__(f"the bind was refused with {spec.status_name(status)}")


class WindowFull(SmppError):
    """Every slot of the window waits for its response."""


class NotBound(SmppError):
    """The session is not bound for this request."""
