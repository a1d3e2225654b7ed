"""The site: `/`, and every address that no other door has."""
