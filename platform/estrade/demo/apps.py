from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "estrade.demo"
    label = "demo"
