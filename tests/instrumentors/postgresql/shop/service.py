"""The shop as a service (``DJANGO_SETTINGS_MODULE=shop.settings``): its ASGI and WSGI apps, and what they answer."""

from __future__ import annotations

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

app = get_asgi_application()
wsgi = get_wsgi_application()

from shop.models import Author  # noqa: E402 - now there are models


def author(request: HttpRequest, number: int) -> JsonResponse:
    with transaction.atomic():
        made = Author.objects.create(name=f"Author {number}")
        same = Author.objects.filter(name__endswith=f" {number}").count()
    return JsonResponse({"id": made.id, "name": Author.objects.get(pk=made.pk).name, "same": same})


urlpatterns = [path("things/<int:number>", author)]
