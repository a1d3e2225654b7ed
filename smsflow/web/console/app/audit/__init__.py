"""`/app/audit`: who did what."""
