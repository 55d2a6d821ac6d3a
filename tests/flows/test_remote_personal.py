"""A person signs with a key at a signing service: what was presented is shown to it, and what it refuses is counted."""

import pytest
from pytest_django import Settings

from sigillo.base.errors import Forbidden, Invalid
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.identities import delete_identity
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.renew_certificate import renew_certificate
from sigillo.flows.signing_codes import send_signing_code
from sigillo.identities.models import Identity, IssuedCertificate
from sigillo.journal.models import Event
from sigillo.messages.models import Message
from tests.flows.remote import associate, configured
from tests.flows.stories import PASSWORD, ready, signatures
from tests.support.people import people
from tests.support.signing_service import OTP, Held
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")


def test_a_code_and_a_pin_of_the_service(acme: House, settings: Settings) -> None:
    with configured(settings, "aruba", auth="external", seal=Held(people().ec, otp=True)) as service:
        identity = associate(acme, handle="ugo", provider="aruba")
        row = ready(acme, (NewSignature(signer="ugo"),))

        def sign(**presented: str) -> None:
            shown = {"otp": "", "pin": ""} | presented
            perform_with_identity(acme.user.principal, identity.id, signatures(row)[0].id, **shown)

        assert send_signing_code(acme.user.principal, identity.id) == "the signing service"
        assert service.methods[-1] == "credentials/sendOTP"
        assert not Message.objects.exists()
        with pytest.raises(Invalid, match="otp, pin, or both"):
            sign()
        with pytest.raises(Forbidden):
            sign(pin=PASSWORD, otp="000000")
        assert Identity.objects.get().failed_attempts == 1
        assert signatures(row)[0].status == "pending"
        sign(pin=PASSWORD, otp=OTP)
    assert signatures(row)[0].status == "performed"
    assert Identity.objects.get().failed_attempts == 0
    assert Event.objects.get(kind="signature.performed").data["factor"] == "password+otp"


def test_its_certificate_is_renewed_there_and_revoked_by_its_own_issuer(acme: House, settings: Settings) -> None:
    with configured(settings, "aruba", auth="external", seal=Held(people().ec)):
        identity = associate(acme, handle="ugo", provider="aruba")
    register = list(IssuedCertificate.objects.values_list())
    with pytest.raises(Invalid, match="renew it there"):
        renew_certificate(acme.user.principal, identity.id, "")
    delete_identity(acme.user.principal, identity.id)
    assert list(IssuedCertificate.objects.values_list()) == register
