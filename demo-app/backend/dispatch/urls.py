from django.http import HttpResponse
from django.urls import path


async def healthz(request):
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz)]
