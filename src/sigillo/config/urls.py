"""Every address of the installation. What is not here is a 404 of the contract's form, never a page of Django's."""

from django.urls import include, path

from sigillo.api import health, pki, previews
from sigillo.api.openapi import views as openapi
from sigillo.tray import assets, enrollment

urlpatterns = [
    path("", health.welcome),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("pki/root.crt", pki.root),
    path("pki/tsa", pki.timestamp),
    path("pki/<uuid:authority>.crt", pki.certificate),
    path("pki/<uuid:authority>.crl", pki.revocation_list),
    path("pki/<uuid:authority>/ocsp", pki.status_by_post),
    path("pki/<uuid:authority>/ocsp/<path:question>", pki.status_by_get),
    path("api/docs", openapi.page),
    path("api/docs.css", openapi.style),
    path("api/openapi.yaml", openapi.as_yaml),
    path("api/openapi.json", openapi.as_json),
    path("pdfr/<str:transaction>/<int:document>/<int:number>.png", previews.page),
    path("<uuid:ticket>/enroll", enrollment.enroll),
    path("<str:ticket>/enroll", enrollment.unknown),
    path("assets/pages.css", assets.style),
    path("api/v1/", include("sigillo.api.v1.routes")),
]
handler400 = "sigillo.api.problems.bad_request"
handler404 = "sigillo.api.problems.not_found"
handler500 = "sigillo.api.problems.server_error"
