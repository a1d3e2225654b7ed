"""The pages of the platform's operator, a folder each."""
