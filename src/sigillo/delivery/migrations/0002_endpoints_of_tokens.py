from django.db import migrations


def make_endpoints(apps, schema_editor):
    """The webhooks that tokens were given before anything was sent to them; they hear of what happens from now on."""
    endpoints = apps.get_model('delivery', 'Endpoint').objects
    for token in apps.get_model('credentials', 'Token').objects.select_related('user').iterator():
        for topic in ('dst', 'identity'):
            if token.webhooks.get(topic):
                endpoints.create(organization_id=token.user.organization_id, token=token, topic=topic)


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(make_endpoints, migrations.RunPython.noop),
    ]
