"""What callers may send, one module a resource: the only place where a body's fields are named.

Each struct refuses unknown keys. Keys that only answers carry are known and ignored, because a client library
sends back the whole object that it was given; null means absent everywhere.
"""
