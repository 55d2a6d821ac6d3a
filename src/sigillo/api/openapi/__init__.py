"""The API's description of itself: the table of routes as an OpenAPI 3.1 document, and the page that people read.

names         what an operation and its resource are called
rights        who may, in words
schemas       types of bodies and answers as JSON schemas
parameters    of paths and of lists
problems      how an operation can fail, from the docstrings of its flows
examples      of every operation, taken from the golden exchanges
operations    one route as an operation
document      the whole
writing       the document as YAML
page          the document as HTML
views         what is served of it
"""
