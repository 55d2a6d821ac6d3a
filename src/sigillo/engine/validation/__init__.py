"""The rules behind `sigillo.engine.validate`, each in a file of its own.

report      what is found, as values
revision    the document as it was when its first N bytes were all there was
fields      the form as a flat list
ranges      where a signature stands in the file and which bytes it covers
cms         whether the signature itself holds
trust       whether an explicit root vouches for the signer
references  which objects the bytes up to a point speak of
changes     what one signed revision changed in the one before
locks       which of those changes a signature permits
appearances form fields that show one text and hold another
"""
