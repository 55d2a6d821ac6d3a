"""Bytes by digest: every stored file is named by the SHA-256 of its content and never changes."""
