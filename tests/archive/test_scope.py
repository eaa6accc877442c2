"""Every table has its place in the list that backup, export, copy and wipe are driven by."""

import pytest
from django.apps import apps

from estrade.archive.scope import OF_AN_EDITION, OF_THE_INSTANCE, PASSING, SHARED, closing_circles, in_order, label_of

pytestmark = pytest.mark.embedded


def test_every_table_has_its_place() -> None:
    placed = {*OF_AN_EDITION, *SHARED, *OF_THE_INSTANCE, *PASSING}

    assert {label_of(model) for model in apps.get_models()} - placed == set()
    assert len(placed) == len(OF_AN_EDITION) + len(SHARED) + len(OF_THE_INSTANCE) + len(PASSING)


def test_every_path_leads_to_an_edition() -> None:
    for label, path in OF_AN_EDITION.items():
        model = apps.get_model(label)
        for name in [] if path == "pk" else path.split("__"):
            model = model._meta.get_field(name).related_model
        assert label_of(model) == "editions.Edition", label


def test_a_row_comes_after_the_rows_it_points_at() -> None:
    order = in_order()

    for place, model in enumerate(order):
        later = {
            field.name
            for field in model._meta.concrete_fields
            if field.related_model in order and order.index(field.related_model) > place
        }
        assert later <= set(closing_circles(model)), label_of(model)
