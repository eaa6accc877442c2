"""Whose turn it is to carry out what has become due."""

from django.db import models


class Lease(models.Model):
    """One row for each kind of work that only one process may do at a time."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=40)
    until = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} until {self.until}"
