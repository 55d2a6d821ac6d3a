"""Secrets at rest: sealing under master keys that are not in the database, password hashes, token values."""
