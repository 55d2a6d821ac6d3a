"""What must be true of identities and enrollment requests whatever raced with what."""

from sigillo.identities.models import Enrollment, Identity, IssuedCertificate
from sigillo.journal.models import Event, Fact
from sigillo.organizations.models import Organization, User
from sigillo.organizations.tally import Counted, total
from sigillo.pki.certificates import describe, from_pem_or_base64


def serial_of(pem: str) -> str:
    return f"{describe(from_pem_or_base64(pem)).serial_number:x}"


def assert_whole() -> None:
    """Certificates that stand are those in use, counts are those of the rows, and every activation was told once."""
    authorities = _serials_of_authorities()
    standing = set(IssuedCertificate.objects.filter(revoked_at=None).values_list("serial", flat=True)) - authorities
    in_use = Identity.objects.filter(deleted_at=None).exclude(sealed_key="")
    assert standing == {serial_of(identity.certificate_pem) for identity in in_use}
    assert not Identity.objects.exclude(deleted_at=None).exclude(sealed_key="").exists()
    for organization in Organization.objects.all():
        mine = {"organization": organization}
        assert total(organization.id, Counted.USERS) == User.objects.filter(**mine).count()
        for model, what in ((Identity, Counted.IDENTITIES), (Enrollment, Counted.ENROLLMENTS)):
            assert total(organization.id, what) == model.objects.filter(**mine, deleted_at=None).count()
    activated = [event.data["enrollment"] for event in Event.objects.filter(kind="enrollment.activated")]
    told = [fact.data["request"] for fact in Fact.objects.filter(message="IDENTITY_REQUEST_ENROLLED")]
    assert len(set(activated)) == len(activated)
    assert sorted(told) == sorted(activated)
    assert not Enrollment.objects.filter(status="pending", deleted_at=None).exclude(identity__status="pending").exists()


def _serials_of_authorities() -> set[str]:
    """The issuing authorities are in the register of the root, which issues nothing else."""
    return set(IssuedCertificate.objects.filter(authority__parent=None).values_list("serial", flat=True))
