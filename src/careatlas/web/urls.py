"""Every address of the atlas, on one screen."""

from django.urls import path

from careatlas.web import (
    area_page,
    charts,
    compare_page,
    downloads,
    indicator_page,
    method_pages,
    over_time_page,
    own_figures_page,
    pack_page,
    pages,
    source_pages,
    waiting_hospitals,
    waiting_over_time,
    waiting_page,
    waiting_reproduction,
    why_page,
)
from careatlas.web.api import api

urlpatterns = [
    path("", pages.home),
    path("search/", pages.search),
    path("indicators/", pages.indicators),
    path("indicators/<slug:indicator>/", indicator_page.indicator),
    path("indicators/<slug:indicator>/why/", why_page.why),
    path("indicators/<slug:indicator>/over-time/", over_time_page.over_time),
    path("waiting-times/", waiting_page.waiting_times),
    path("waiting-times/over-time/", waiting_over_time.over_time),
    path("waiting-times/hospitals/", waiting_hospitals.hospitals),
    path("waiting-times/reproduction/", waiting_reproduction.reproduction),
    path("compare/", compare_page.compare),
    path("areas/", area_page.areas),
    path("areas/<slug:code>/", area_page.area),
    path("areas/<slug:code>/pack/", pack_page.page),
    path("areas/<slug:code>/pack.pdf", pack_page.pdf),
    path("own-figures/", own_figures_page.own_figures),
    path("own-figures/withdraw/", own_figures_page.withdraw),
    path("own-figures/<slug:token>/", own_figures_page.preview),
    path("own-figures/<slug:token>/publish/", own_figures_page.publish),
    path("own-figures/<slug:token>/discard/", own_figures_page.discard),
    path("sources/", source_pages.sources),
    path("methods/", method_pages.methods),
    path("methods/<slug:name>/", method_pages.method),
    path("pages/<slug:slug>/", source_pages.content),
    path("data/areas/<slug:code>/heat.csv", downloads.heat),
    path("data/compare.csv", downloads.compare),
    path("data/waiting-<slug:what>.csv", downloads.waiting),
    path("data/<slug:table>.csv", downloads.data),
    path("charts/<slug:release>/areas/<slug:code>/<slug:chart>.<slug:kind>", charts.of_area),
    path("charts/<slug:release>/compare/scatter.<slug:kind>", charts.pair),
    path("charts/<slug:release>/waiting-times/<slug:chart>.<slug:kind>", charts.waiting),
    path("charts/methods/<slug:code>/<slug:name>.<slug:kind>", charts.method),
    path("charts/<slug:release>/<slug:indicator>/ranks.<slug:kind>", charts.ranks),
    path("charts/<slug:release>/<slug:indicator>/<slug:chart>.<slug:kind>", charts.chart),
    path("api/", source_pages.api_page),
    path("api/v1/", api.urls),
    path("healthz", pages.health),
]

handler400 = "careatlas.web.faults.bad_request"
handler404 = "careatlas.web.faults.not_found"
handler500 = "careatlas.web.faults.our_mistake"
