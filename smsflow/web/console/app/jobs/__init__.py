"""`/app/jobs`: background work, and exports as files."""
