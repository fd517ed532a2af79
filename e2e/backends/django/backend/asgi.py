"""The application that daphne and uvicorn serve: HTTP goes to Django's views, WebSockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django_application = get_asgi_application()

# The consumers need a configured Django.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from sockets.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        # In production, AllowedHostsOriginValidator belongs around this: the tests also connect without an Origin.
        # AuthMiddlewareStack sets scope["user"], which the router reads for every link.
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)
