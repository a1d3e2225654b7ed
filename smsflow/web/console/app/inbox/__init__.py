"""`/app/inbox`: SMS that handsets sent to the company."""
