"""Tables as files: what stands in them, and exports that are made in the background."""
