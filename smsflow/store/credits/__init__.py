"""Credits: what companies have, and the ledger that proves it."""
