"""Connectors, the routes that lead to them, and the dispatchers that hold their binds."""
