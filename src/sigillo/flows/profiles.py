"""The profiles of signatures, and what their names say.

A PAdES signature goes into the PDF; a CAdES signature puts the file, whatever it is, into an envelope (.p7m), where
further ones stand beside it. So of one document the PAdES signatures come first: nothing enters a PDF in its envelope.
"""

PROFILES = ("pades-bes", "pades-t", "cades-bes", "cades-t")


def is_timestamped(profile: str) -> bool:
    """Whether a signature of this profile carries a time-stamp, without which it is not made."""
    return profile.endswith("-t")


def is_enveloping(profile: str) -> bool:
    """Whether a signature of this profile is around the file, and not inside of it."""
    return profile.startswith("cades-")
