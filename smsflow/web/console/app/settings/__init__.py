"""`/app/settings`: what the company decides for itself."""
