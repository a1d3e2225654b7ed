"""Having a campaign's recipients counted."""

import falcon

from smsflow.runtime import links
from smsflow.services.campaigns import prepare
from smsflow.services.messages.prepare import Limits
from smsflow.store.postgres.transactions import Tx
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.shell.visitor import Visitor


async def prepared(shell: Shell, tx: Tx, visitor: Visitor, campaign_id: int) -> None:
    """Have a campaign's recipients counted, at once or in the background."""
    if visitor.company is None:
        raise falcon.HTTPNotFound
    routes = (await shell.platform.directory.routing()).table
    limits = Limits(segments=shell.platform.settings.message_segments_limit)
    ways_out = links(shell.platform.settings)
    await prepare.prepare(tx, visitor.company, campaign_id, routes=routes, limits=limits, links=ways_out)
