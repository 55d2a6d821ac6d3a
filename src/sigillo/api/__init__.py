"""The HTTP door: reads requests into typed values, asks credentials and flows, answers in the contract's words."""
