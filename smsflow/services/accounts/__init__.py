"""Accounts: companies, their people and their senders."""
