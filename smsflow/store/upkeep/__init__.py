"""The state of the platform itself."""
