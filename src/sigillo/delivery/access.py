"""Deliveries, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from django.db.models import QuerySet

from sigillo.base.errors import NotFound
from sigillo.delivery.models import Delivery
from sigillo.organizations.principal import Principal


def visible_deliveries(principal: Principal) -> QuerySet[Delivery]:
    """The deliveries of the principal's organization, with their facts."""
    return Delivery.objects.select_related("fact").filter(organization_id=principal.organization_id)


def access_delivery(principal: Principal, delivery_id: UUID) -> Delivery:
    """One delivery with its fact.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    row = visible_deliveries(principal).filter(id=delivery_id).first()
    if row is None:
        raise NotFound("delivery_not_found", "There is no such delivery; check its id. They are kept for thirty days.")
    return row
