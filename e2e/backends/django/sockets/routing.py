from django.urls import path

from . import consumers

websocket_urlpatterns = [
    path("ws/app/", consumers.AsyncConsumer.as_asgi()),
    path("ws/async/", consumers.AsyncConsumer.as_asgi()),
    path("ws/sync/", consumers.SyncConsumer.as_asgi()),
    path("ws/deny/", consumers.DenyConsumer.as_asgi()),
    path("ws/denyafter/", consumers.DenyAfterConsumer.as_asgi()),
]
