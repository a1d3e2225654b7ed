"""The console: what companies see under `/app`, and what the operator of the platform sees under `/ops`."""
