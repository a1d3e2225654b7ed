"""The v2 API: the seven calls of the published contract."""
