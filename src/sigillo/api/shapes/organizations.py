"""An organization, in the contract's keys."""

from msgspec import Struct

from sigillo.api.shapes.fields import Identifier
from sigillo.organizations.models import Organization


class SettingsShape(Struct):
    """What holds for all its people. `dst_default_days`, where it is set, comes before the months."""

    default_rao: str | None
    dst_default_months: int
    signature_appearance: str | None
    dst_default_days: int | None


class OrganizationShape(Struct):
    """An organization and its settings."""

    id: Identifier
    name: str
    slug: str
    settings: SettingsShape
    logo: str | None


def organization_shape(row: Organization) -> OrganizationShape:
    """An organization whose default RAO is at hand."""
    return OrganizationShape(
        id=str(row.id),
        name=row.name,
        slug=row.slug,
        settings=SettingsShape(
            default_rao=row.default_rao.handle if row.default_rao else None,
            dst_default_months=row.dst_default_months,
            signature_appearance=row.signature_appearance or None,
            dst_default_days=row.dst_default_days,
        ),
        logo=row.logo or None,
    )
