"""Values into the contract's JSON, one module a resource: foreign spellings live only here."""
