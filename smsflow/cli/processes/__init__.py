"""The commands that run the platform's processes."""
