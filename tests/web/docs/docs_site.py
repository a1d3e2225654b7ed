"""The documentation alone, as a site that a browser can open."""

import falcon.asgi

from smsflow.web.docs import install

app = falcon.asgi.App()
install(app, public_url=None)
