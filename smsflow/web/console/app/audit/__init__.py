"""`/app/audit`: the acts of people in the company."""
