"""HTTP as every door uses it: connections, requests, forms and addresses."""
