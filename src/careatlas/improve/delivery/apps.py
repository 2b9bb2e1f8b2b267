from django.apps import AppConfig


class Delivery(AppConfig):
    name = "careatlas.improve.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
