"""`/app/team`: the people of the company and their roles."""
