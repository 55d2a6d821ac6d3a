"""Remote signing services, called by the API of the Cloud Signature Consortium (CSC), v1.0.4 and v2."""
