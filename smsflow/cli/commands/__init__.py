"""The commands that manage the platform, a file for each noun."""
