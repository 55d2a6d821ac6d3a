"""Visible signatures: what a person sees on the page. Text in, the parts of an appearance stream out."""

from sigillo.engine.stamp.composing import compose_stamp
from sigillo.engine.stamp.values import Stamp, StampFont

__all__ = ["Stamp", "StampFont", "compose_stamp"]
