"""The Signing Today contract, one module a resource; `routes` lists what there is."""
