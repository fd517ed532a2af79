"""Settings of the dispatch board's server. Each can be set by an environment variable of the same name."""

import os
import pathlib

import dj_database_url

BASE_DIR = pathlib.Path(__file__).parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY", "a demo signs nothing worth forging")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = ["channels", "board"]
ROOT_URLCONF = "dispatch.urls"
ASGI_APPLICATION = "dispatch.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{BASE_DIR / 'board.sqlite3'}", conn_max_age=60)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers wait for each other, instead of failing when two of them have read the same.
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}

# In memory, pushes reach the links of one process. With Redis they reach those of all.
REDIS_URL = os.environ.get("REDIS_URL")
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# How long a token lasts. A page gets a new one with its refresh token, which lasts a working day.
TOKEN_SECONDS = int(os.environ.get("TOKEN_SECONDS", "60"))
REFRESH_SECONDS = int(os.environ.get("REFRESH_SECONDS", str(12 * 60 * 60)))
