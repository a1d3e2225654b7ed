"""Contacts: kept, listed, imported, exported, and opted out."""
