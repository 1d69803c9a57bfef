"""Django's settings of the shop."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

where = urlsplit(os.environ["DATABASE"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": where.path[1:],
        "HOST": where.hostname,
        "PORT": where.port,
        "USER": where.username,
        "PASSWORD": where.password,
    }
}
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
ROOT_URLCONF = "shop.service"
SECRET_KEY = "a test's"
USE_TZ = True
