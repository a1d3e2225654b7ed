"""The console's own style, icons and scripts."""

from smsflow.web.look.assets import Assets

CONSOLE = Assets(__package__ or __name__, "/console", "console.css", "console.js", "counter.js", "icons.svg")
