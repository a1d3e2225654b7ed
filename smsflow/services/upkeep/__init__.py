"""Upkeep: what an operator of the platform must know and do."""
