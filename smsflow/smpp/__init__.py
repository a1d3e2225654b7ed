"""SMPP 3.4: a library that knows nothing of smsflow."""
