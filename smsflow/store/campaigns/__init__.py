"""Campaigns: names under which messages are counted, drafts, recipients and what has left."""
