"""The rules of an SMS: pure functions and frozen values."""
