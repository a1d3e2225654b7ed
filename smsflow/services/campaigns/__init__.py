"""Campaigns: names under which SMS are counted."""
