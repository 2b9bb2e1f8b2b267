"""Every address of the atlas, on one screen."""

from django.urls import path

from careatlas.web import (
    area_page,
    charts,
    downloads,
    indicator_page,
    method_pages,
    pages,
    source_pages,
    why_page,
)
from careatlas.web.api import api

urlpatterns = [
    path("", pages.home),
    path("search/", pages.search),
    path("indicators/", pages.indicators),
    path("indicators/<slug:indicator>/", indicator_page.indicator),
    path("indicators/<slug:indicator>/why/", why_page.why),
    path("areas/", area_page.areas),
    path("areas/<slug:code>/", area_page.area),
    path("sources/", source_pages.sources),
    path("methods/", method_pages.methods),
    path("methods/<slug:name>/", method_pages.method),
    path("pages/<slug:slug>/", source_pages.content),
    path("data/<slug:table>.csv", downloads.data),
    path("charts/<slug:release>/areas/<slug:code>/spine.<slug:kind>", charts.spine),
    path("charts/methods/<slug:code>/<slug:name>.<slug:kind>", charts.method),
    path("charts/<slug:release>/<slug:indicator>/<slug:chart>.<slug:kind>", charts.chart),
    path("api/", source_pages.api_page),
    path("api/v1/", api.urls),
    path("healthz", pages.health),
]

handler400 = "careatlas.web.faults.bad_request"
handler404 = "careatlas.web.faults.not_found"
handler500 = "careatlas.web.faults.our_mistake"
