"""Settings of the backend that the demo and the end-to-end tests talk to. It has no database and no secrets."""

SECRET_KEY = "a demo signs nothing worth forging"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "sockets",
]
# Sessions live in the cookie, so AuthMiddlewareStack needs no database.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"
TIME_ZONE = "UTC"
