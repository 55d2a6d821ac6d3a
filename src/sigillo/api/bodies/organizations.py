"""PATCH an organization: its settings beside its name, or nested as answers show them."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Address, Body, Ignored, Text150, Text200, given
from sigillo.api.values import check_web_address

Months = Annotated[int, Meta(ge=1, le=120)]
Days = Annotated[int, Meta(ge=0, le=3660)]
Slug = Annotated[str, Meta(max_length=63)]


class SettingsBody(Body):
    """The settings that can be changed; `dst_default_days` of 0 has the months count again."""

    default_rao: Text150 | None = None
    dst_default_months: Months | None = None
    dst_default_days: Days | None = None
    signature_appearance: Address | None = None


class OrganizationBody(SettingsBody):
    """Changes to an organization; what is left out, or null, stays, and an empty text takes a value away."""

    name: Text200 | None = None
    logo: Address | None = None
    settings: SettingsBody | None = None
    slug: Slug | None = None

    id: Ignored = IGNORED

    def to_changes(self) -> dict[str, object]:
        """What is asked for, by name; what stands beside the name comes before what is nested."""
        names = SettingsBody.__struct_fields__
        changes = {**(given(self.settings, *names) if self.settings else {}), **given(self, *names)}
        changes |= given(self, "name", "logo", "slug")
        for name in ("signature_appearance", "logo"):
            check_web_address(name, str(changes.get(name, "")))
        if changes.get("dst_default_days") == 0:
            changes["dst_default_days"] = None
        return changes
