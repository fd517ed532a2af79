"""The application that daphne and uvicorn serve: HTTP goes to Django's views, WebSockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch.settings")
django_application = get_asgi_application()

# The consumers need a configured Django.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from board.consumers import BoardConsumer, ChatConsumer  # noqa: E402

websocket_urlpatterns = [
    path("ws/board/", BoardConsumer.as_asgi()),
    path("ws/board/jobs/<int:job>/chat/", ChatConsumer.as_asgi()),
]

application = ProtocolTypeRouter(
    {"http": django_application, "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns))}
)
