from django.apps import AppConfig


class Evidence(AppConfig):
    name = "careatlas.improve.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
