"""Connectors to operators, and the routes that lead SMS to them."""
