"""What we remember: all SQL and nothing but SQL."""
