"""The profiles of signatures, and what their names say."""

PROFILES = ("pades-bes", "pades-t")


def is_timestamped(profile: str) -> bool:
    """Whether a signature of this profile carries a time-stamp, without which it is not made."""
    return profile.endswith("-t")
