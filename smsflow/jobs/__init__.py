"""The jobs process: periodic and long work."""
