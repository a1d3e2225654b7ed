"""Messages: prepared, submitted, and what becomes of them."""
