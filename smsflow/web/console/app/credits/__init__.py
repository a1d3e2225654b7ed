"""`/app/credits`: the balance, and every movement with its cause."""
