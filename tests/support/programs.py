"""Verifiers that share no code with us. A test that needs an absent one skips, and says which."""

import shutil

import pytest


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test, naming what is missing, unless every program is installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)} (see .ci/run)")
