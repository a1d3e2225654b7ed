"""`/ops`: whether everything is well, and what to do about what is not."""
