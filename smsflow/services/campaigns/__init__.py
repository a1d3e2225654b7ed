"""Campaigns: named, drafted, prepared, launched, run, and what came of them."""
