"""The platform as the calls of this door use it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from smsflow.runtime import Platform
from smsflow.services.messages.intake import Intake
from smsflow.services.messages.prepare import Limits


@dataclass(frozen=True, slots=True)
class Door:
    """The platform as the calls of this door use it."""

    platform: Platform
    intake: Intake
    clock: Callable[[], datetime]
    limits: Limits
    body_limit: int
