"""The loops that push work out."""
