from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path, re_path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # In production nginx serves these. On the host of its own they are below /django, too.
    re_path("^(?:django/)?static/(?P<path>.*)$", serve, {"insecure": True}),
]
