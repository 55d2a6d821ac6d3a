"""Keys, certificates and revocation lists: values in, DER out; no clock, no network, no database."""
