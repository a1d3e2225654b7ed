"""`/app/lists`: lists of contacts."""
