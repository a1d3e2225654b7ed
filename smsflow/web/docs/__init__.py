"""The documentation of the API: pages of our own in French and English, and sample programs that run."""
