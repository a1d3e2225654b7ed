"""SMSFLOW: a self-hosted SMS platform."""
