from django.db import migrations, models

COUNTED = {
    'users': ('organizations', 'User'),
    'groups': ('organizations', 'Group'),
    'tokens': ('credentials', 'Token'),
    'identities': ('identities', 'Identity'),
    'enrollments': ('identities', 'Enrollment'),
    'transactions': ('transactions', 'Transaction'),
    'messages': ('messages', 'Message'),
}


def fill_tallies(apps, schema_editor):
    """Count once what was there before rows were counted as they come and go; what was counted so far is replaced."""
    tallies = apps.get_model('organizations', 'Tally').objects
    tallies.all().delete()
    for what, (app, name) in COUNTED.items():
        model = apps.get_model(app, name)
        rows = model.objects.all()
        if any(field.name == 'deleted_at' for field in model._meta.concrete_fields):
            rows = rows.filter(deleted_at=None)
        counts = rows.order_by().values_list('organization_id').annotate(count=models.Count('pk'))
        for organization, count in counts:
            tallies.create(organization_id=organization, what=what, shard=0, count=count)


class Migration(migrations.Migration):
    """Here since tokens stand on the highest floor of what is counted."""

    dependencies = [
        ('organizations', '0003_list_indexes'),
        ('messages', '0001_initial'),
        ('identities', '0006_list_indexes'),
        ('transactions', '0004_list_indexes'),
        ('credentials', '0003_list_indexes'),
    ]

    operations = [
        migrations.RunPython(fill_tallies, migrations.RunPython.noop),
    ]
