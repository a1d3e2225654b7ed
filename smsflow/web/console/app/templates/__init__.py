"""`/app/templates`: texts that the company keeps, for its campaigns and its codes."""
