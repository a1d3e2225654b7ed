"""SMPP over asyncio: the only part of the library with I/O."""
