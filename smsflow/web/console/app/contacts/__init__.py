"""`/app/contacts`: the people that the company writes to."""
