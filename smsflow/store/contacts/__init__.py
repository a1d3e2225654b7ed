"""Contacts of companies, their lists, their imports, and those who opted out."""
