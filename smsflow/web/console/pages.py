"""Every page of the console with its address."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from smsflow.web.console.app.audit.page import AuditLog
from smsflow.web.console.app.campaigns.again import CampaignAgain
from smsflow.web.console.app.campaigns.pace import CampaignPace
from smsflow.web.console.app.campaigns.page import CampaignCancel, CampaignPage, Campaigns
from smsflow.web.console.app.campaigns.preview import CampaignPreview
from smsflow.web.console.app.campaigns.review import CampaignReview
from smsflow.web.console.app.campaigns.wizard import CampaignNew
from smsflow.web.console.app.codes.page import CodesPage
from smsflow.web.console.app.contacts.one import ContactPage
from smsflow.web.console.app.contacts.page import Contacts
from smsflow.web.console.app.credits.lines import Lines
from smsflow.web.console.app.credits.page import Credits
from smsflow.web.console.app.dashboard.page import Dashboard
from smsflow.web.console.app.imports.one import ImportPage, RefusedRows
from smsflow.web.console.app.imports.page import LARGEST_UPLOAD, Imports
from smsflow.web.console.app.inbox.one import InboxMessage
from smsflow.web.console.app.inbox.page import InboxPage
from smsflow.web.console.app.jobs.file import ExportFile, ExportNow
from smsflow.web.console.app.jobs.page import Jobs
from smsflow.web.console.app.lists.one import ListPage
from smsflow.web.console.app.lists.page import Lists
from smsflow.web.console.app.lists.rules import ListRules
from smsflow.web.console.app.messages.page import MessagePage, Messages
from smsflow.web.console.app.optouts.file import LARGEST_FILE as LARGEST_OPTOUTS
from smsflow.web.console.app.optouts.file import OptOutFile
from smsflow.web.console.app.optouts.page import OptOuts
from smsflow.web.console.app.search.page import Search
from smsflow.web.console.app.send.counter import CounterTables
from smsflow.web.console.app.send.page import Send
from smsflow.web.console.app.senders.page import LARGEST_UPLOAD as LARGEST_DOCUMENT
from smsflow.web.console.app.senders.page import SenderDocument, Senders
from smsflow.web.console.app.settings.page import SettingsPage
from smsflow.web.console.app.team.page import Team
from smsflow.web.console.app.templates.page import TemplateNew, TemplatePage, Templates
from smsflow.web.console.ops.monitoring.page import Monitoring
from smsflow.web.console.shell.assets import CONSOLE
from smsflow.web.console.shell.shell import Shell
from smsflow.web.console.sign_in.forgotten import ForgottenPage, ResetPage
from smsflow.web.console.sign_in.invitation import InvitationPage
from smsflow.web.console.sign_in.me import Me, MyPassword, MySessions
from smsflow.web.console.sign_in.page import SignInPage, SignOutPage
from smsflow.web.console.sign_in.second_factor import SecondFactor

Pages = Mapping[str, Callable[[Shell], Any]]

# An id is a bigint; anything else leads to no page.
_CAMPAIGN = "{campaign_id:int(min=1, max=9223372036854775807)}"
_IMPORT = _CAMPAIGN.replace("campaign_id", "import_id")
_INBOUND = _CAMPAIGN.replace("campaign_id", "inbound_id")
_EXPORT = _CAMPAIGN.replace("campaign_id", "export_id")
_LIST = _CAMPAIGN.replace("campaign_id", "list_id")
_TEMPLATE = _CAMPAIGN.replace("campaign_id", "template_id")

# The addresses that take a file, each with the largest body.
UPLOADS: Final[Mapping[bytes, int]] = {
    b"/app/imports": LARGEST_UPLOAD,
    b"/app/senders": LARGEST_DOCUMENT,
    b"/app/opt-outs/import": LARGEST_OPTOUTS + 64 * 1024,
}

EVERYBODY: Final[Pages] = {
    "/sign-in": SignInPage,
    "/sign-out": SignOutPage,
    "/invitations/{token}": InvitationPage,
    "/reset": ForgottenPage,
    "/reset/{token}": ResetPage,
    "/me": Me,
    "/me/password": MyPassword,
    "/me/sessions": MySessions,
    "/me/second-factor": SecondFactor,
    "/console/{name}": lambda _shell: CONSOLE,
}

APP: Final[Pages] = {
    "/app": Dashboard,
    "/app/campaigns": Campaigns,
    "/app/campaigns/new": CampaignNew,
    f"/app/campaigns/{_CAMPAIGN}": CampaignPage,
    f"/app/campaigns/{_CAMPAIGN}/edit": CampaignNew,
    f"/app/campaigns/{_CAMPAIGN}/cancel": CampaignCancel,
    f"/app/campaigns/{_CAMPAIGN}/again": CampaignAgain,
    f"/app/campaigns/{_CAMPAIGN}/pace": CampaignPace,
    f"/app/campaigns/{_CAMPAIGN}/preview": CampaignPreview,
    f"/app/campaigns/{_CAMPAIGN}/review": CampaignReview,
    "/app/contacts": Contacts,
    "/app/contacts/{number}": ContactPage,
    "/app/audit": AuditLog,
    "/app/settings": SettingsPage,
    "/app/team": Team,
    "/app/codes": CodesPage,
    "/app/inbox": InboxPage,
    f"/app/inbox/{_INBOUND}": InboxMessage,
    "/app/search": Search,
    "/app/senders": Senders,
    f"/app/senders/{_CAMPAIGN.replace('campaign_id', 'sender_id')}/document": SenderDocument,
    "/app/credits": Credits,
    "/app/credits/lines": Lines,
    "/app/imports": Imports,
    f"/app/imports/{_IMPORT}": ImportPage,
    f"/app/imports/{_IMPORT}/refused": RefusedRows,
    "/app/export/{kind}": ExportNow,
    "/app/jobs": Jobs,
    f"/app/jobs/{_EXPORT}/file": ExportFile,
    "/app/lists": Lists,
    "/app/lists/new": ListRules,
    f"/app/lists/{_LIST}": ListPage,
    f"/app/lists/{_LIST}/edit": ListRules,
    "/app/messages": Messages,
    "/app/messages/{message}": MessagePage,
    "/app/opt-outs": OptOuts,
    "/app/opt-outs/import": OptOutFile,
    "/app/send": Send,
    "/app/send/tables": CounterTables,
    "/app/templates": Templates,
    "/app/templates/new": TemplateNew,
    f"/app/templates/{_TEMPLATE}": TemplatePage,
}

OPS: Final[Pages] = {
    "/ops": Monitoring,
}
