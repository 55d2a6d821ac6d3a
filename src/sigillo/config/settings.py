"""Django's settings, derived from the environment. Nothing else is configurable."""

import os
from pathlib import Path

from sigillo.config.database import database, use_current_sqlite
from sigillo.config.environment import read
from sigillo.config.job_secret import job_secret
from sigillo.config.logs import logging_configuration

use_current_sqlite()
ENVIRONMENT = read(os.environ)

SIGILLO_HOME = ENVIRONMENT.home
SIGILLO_ENVIRONMENT = ENVIRONMENT.environment
SIGILLO_PUBLIC_URL = ENVIRONMENT.public_url
SIGILLO_PKI_URL = ENVIRONMENT.pki_url
SIGILLO_BLOBS = ENVIRONMENT.blobs
SIGILLO_S3_KEYS = ENVIRONMENT.s3_keys
SIGILLO_OUTBOUND_ALLOW = ENVIRONMENT.outbound_allow
SIGILLO_MASTER_KEY = ENVIRONMENT.master_key
SIGILLO_WEB_THREADS = ENVIRONMENT.web_threads
SIGILLO_MAX_BODY_BYTES = ENVIRONMENT.max_body_bytes
SIGILLO_MAX_DOCUMENT_BYTES = ENVIRONMENT.max_document_bytes
SIGILLO_JOB_RETRY_SECONDS = ENVIRONMENT.job_retry_seconds
SIGILLO_TOKENS_SHOW_ONCE = ENVIRONMENT.tokens_show_once
SIGILLO_CSC = ENVIRONMENT.csc
SIGILLO_TSA = ENVIRONMENT.tsa
SIGILLO_TSA_ROOTS = ENVIRONMENT.tsa_roots
SIGILLO_SMS_URL = ENVIRONMENT.sms_url
SIGILLO_MAIL_URL = ENVIRONMENT.mail_url
SIGILLO_JOB_RUNNER = "sigillo.worker.jobs.run"

DEBUG = False
SECRET_KEY = job_secret(ENVIRONMENT)
ALLOWED_HOSTS = ["*"]  # every address we hand out is built from SIGILLO_PUBLIC_URL, never from the Host header
ROOT_URLCONF = "sigillo.config.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = ENVIRONMENT.max_body_bytes
LOGGING_CONFIG = "sigillo.config.logs.configure"
LOGGING = logging_configuration(ENVIRONMENT.log_level, ENVIRONMENT.log_format)

INSTALLED_APPS = [
    "django_q",
    "sigillo.organizations",
    "sigillo.messages",
    "sigillo.journal",
    "sigillo.identities",
    "sigillo.transactions",
    "sigillo.credentials",
    "sigillo.delivery",
]
# The first one only gives answers their Content-Length.
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "sigillo.api.middleware.RequestLog",
    "sigillo.api.middleware.Problems",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1] / door / "templates" for door in ("api", "tray")],
    }
]
DATABASES = {"default": database(ENVIRONMENT.database_url)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

Q_CLUSTER = {
    "name": "sigillo",
    "orm": "default",
    "workers": ENVIRONMENT.workers,
    "timeout": max(1, ENVIRONMENT.job_retry_seconds * 3 // 4),
    "retry": ENVIRONMENT.job_retry_seconds,
    "ack_failures": False,
    "max_attempts": 5,
    "save_limit": -1,  # what succeeded leaves no row: the log tells of it, and pruning costs a query per job
    "poll": 0.1,
    "bulk": 1,
    "queue_limit": ENVIRONMENT.workers,
    "catch_up": False,
    "recycle": 500,
    "log_level": "WARNING",
}
