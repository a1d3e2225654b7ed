"""The documentation alone, as a site that a browser can open."""

from smsflow.web.api_v2.calls import API
from smsflow.web.docs import app as docs
from smsflow.web.look import app as look
from smsflow.web.serve import Doors
from smsflow.web.site import app as site

app = Doors({"": site.create(None, clock=None), "docs": docs.create(API, public_url=None), "static": look.create()})
