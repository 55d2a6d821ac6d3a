"""Messages, reached only through a principal: those of another organization are not there."""

from django.db.models import QuerySet

from sigillo.messages.models import Message
from sigillo.organizations.principal import Principal


def visible_messages(principal: Principal) -> QuerySet[Message]:
    """The messages of the principal's organization, each with its user."""
    return Message.objects.select_related("user").filter(organization_id=principal.organization_id)
