"""What the platform knows of itself."""
