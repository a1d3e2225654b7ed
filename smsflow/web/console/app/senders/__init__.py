"""`/app/senders`: the names that SMS come from."""
