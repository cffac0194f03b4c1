"""Composition of Galaxy: which parts run, with which stores and limits.

Every setting that an operator may want to change is read from the environment here and described in README.md,
"Settings"; a wrong value is reported by `manage.py check` with a hint (catalog/checks.py).
"""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url

from galaxy_site.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# Everything that this installation makes and keeps lives under one folder, unless it is told otherwise.
GALAXY_DATA = env.folder("GALAXY_DATA", BASE_DIR / "var")
# What can be made again at any time; best on a fast local disk where GALAXY_DATA is shared between machines.
GALAXY_CACHE = env.folder("GALAXY_CACHE", GALAXY_DATA / "cache")

SECRET_KEY = env.secret("SECRET_KEY", kept_in=GALAXY_DATA / "secret_key")
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "explorer",
    "catalog",
    "galaxy_site.apps.GalaxyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "explorer.api.throttles.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "galaxy_site.urls"
WSGI_APPLICATION = "galaxy_site.wsgi.application"
ASGI_APPLICATION = "galaxy_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database -------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{GALAXY_DATA / 'galaxy.sqlite3'}"),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web process and workers write side by side: a writer takes the lock at once (IMMEDIATE) and waits for it, readers go on (WAL).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- storage: `media` (renditions, originals, vectors; never public) and `galaxies` (what is published) ---------------


def _storage(bucket_variable: str, bucket_backend: str, folder_variable: str, folder: Path) -> dict[str, object]:
    if bucket := env.text(bucket_variable):
        return {
            "BACKEND": bucket_backend,
            # Signed addresses that soon expire, no public ACL: access goes through our own doors.
            "OPTIONS": {
                "bucket_name": bucket,
                "querystring_auth": True,
                "expiration": timedelta(minutes=10),
                "default_acl": None,
                "file_overwrite": True,
            },
        }
    return {
        "BACKEND": "catalog.storage.AtomicFileSystemStorage",
        "OPTIONS": {"location": str(env.folder(folder_variable, folder))},
    }


MEDIA_STORAGE = _storage(
    "GS_MEDIA_BUCKET", "storages.backends.gcloud.GoogleCloudStorage", "MEDIA_ROOT", GALAXY_DATA / "media"
)
STORAGES = {
    "default": MEDIA_STORAGE,  # Django wants one by this name
    "media": MEDIA_STORAGE,
    "galaxies": _storage(
        "GS_GALAXIES_BUCKET", "catalog.storage.GalaxiesCloudStorage", "GALAXIES_ROOT", GALAXY_DATA / "galaxies"
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.folder("STATIC_ROOT", GALAXY_DATA / "static")

# Whether our doors, having asked permission, send browsers to the bucket by a signed address instead of streaming. The bucket
# then needs a CORS rule for this site (README.md, "Settings"). Without buckets it means nothing.
GALAXY_SIGNED_REDIRECTS = env.boolean("GALAXY_SIGNED_REDIRECTS", default=False)

# How many files are written at a time when something is published: 0 is 8 for a bucket, 1 for a folder.
GALAXY_UPLOAD_THREADS = env.integer("GALAXY_UPLOAD_THREADS", 0, minimum=0, maximum=64)

# --- background work --------------------------------------------------------------------------------------------------
# A Redis for the queue and for what all processes count together (limits of the API); empty keeps the queue in the database.
REDIS_URL = env.redis("REDIS_URL")
TASKS = {
    "default": {
        "BACKEND": "catalog.redis_queue.RedisBackend" if REDIS_URL else "django_tasks_db.DatabaseBackend",
        "QUEUES": ["long", "short"],
    }
}
CACHES: dict[str, dict[str, object]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "galaxy"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
GALAXY_LEASE_S = env.integer("GALAXY_LEASE_S", 30, minimum=3, maximum=600)

# --- annotation -------------------------------------------------------------------------------------------------------
# Cloud Vision: where it is ("" is Google's own), how to talk to it, a key instead of credentials, and the quota to keep to.
GALAXY_VISION_ENDPOINT = env.text("GALAXY_VISION_ENDPOINT")
GALAXY_VISION_TRANSPORT = env.choice("GALAXY_VISION_TRANSPORT", "grpc", ["grpc", "rest"])
GALAXY_VISION_API_KEY = env.text("GALAXY_VISION_API_KEY")
GALAXY_VISION_IMAGES_PER_MINUTE = env.integer("GALAXY_VISION_IMAGES_PER_MINUTE", 1800, minimum=1, maximum=100_000)
# gs://bucket/prefix for asynchronous batches of up to 2,000; empty annotates synchronously.
# A ticket, which names a folder below it, has to fit a row of 300 characters.
GALAXY_VISION_OUTPUT = env.bucket_folder("GALAXY_VISION_OUTPUT", max_characters=150)
# What happens to images whose paid answer was lost: "ask" waits for a person, "resend" may pay twice.
GALAXY_UNKNOWN_ANSWERS = env.choice("GALAXY_UNKNOWN_ANSWERS", "ask", ["ask", "resend"])

# --- layout -----------------------------------------------------------------------------------------------------------
# A text file of word vectors, as GloVe and word2vec write them, instead of the built-in ones.
GALAXY_WORD_VECTORS = env.text("GALAXY_WORD_VECTORS")

# --- people and browsers ----------------------------------------------------------------------------------------------
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ["UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator"]
]
# Not the admin's, which lets in staff only: a viewer of a private collection need not be staff.
LOGIN_URL = "explorer:login"
LOGIN_REDIRECT_URL = "explorer:entrance"

# Off only where the address is loopback (`make run`); a library's server speaks HTTPS.
GALAXY_HTTPS = env.boolean("GALAXY_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = GALAXY_HTTPS
SESSION_COOKIE_SECURE = GALAXY_HTTPS
CSRF_COOKIE_SECURE = GALAXY_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if GALAXY_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = GALAXY_HTTPS
SECURE_HSTS_PRELOAD = GALAXY_HTTPS
GALAXY_BEHIND_PROXY = env.boolean("GALAXY_BEHIND_PROXY", default=False)
if GALAXY_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False  # the explorer's script sends the token back in a header

# Which sites may show a public galaxy in a frame (docs/explorer-embedding.md): `*` is any, empty is none. Private ones never.
GALAXY_EMBED_ORIGINS = env.origins("GALAXY_EMBED_ORIGINS", ["*"])

# Where signed addresses lead.
BUCKET_HOSTS = ["https://storage.googleapis.com"] if GALAXY_SIGNED_REDIRECTS else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *BUCKET_HOSTS],
        "connect-src": ["'self'", *BUCKET_HOSTS],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- API ----------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    # DRF's own default would let anybody in; ours lets nobody in whom catalog.permissions does not know.
    "DEFAULT_PERMISSION_CLASSES": ["explorer.api.permissions.VerbPermission"],
    # The key first: what it says is missing makes a 401 of what the session alone would answer with 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "explorer.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PAGINATION_CLASS": "explorer.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["explorer.api.parsers.BoundedJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["explorer.api.throttles.RequestThrottle"],
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "explorer.api.problems.answer_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Galaxy API",
    "DESCRIPTION": "Collections, images, labels, clusters and galaxies of a photo library.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "JobStatusEnum": "catalog.models.JobStatus",
        "BatchItemStatusEnum": "catalog.models.BatchItem.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "explorer.api.schema.describe_problems",
    ],
}

# --- the web --------------------------------------------------------------------------------------------------------------
# Hosts inside the house that pictures may be fetched from all the same, such as its own IIIF server.
GALAXY_FETCH_ALLOWED_HOSTS = env.words("GALAXY_FETCH_ALLOWED_HOSTS", [])
# An address where whoever runs the other server can reach whoever runs this one; Wikimedia asks for it.
GALAXY_FETCH_CONTACT = env.text("GALAXY_FETCH_CONTACT")

# Folders in Cloud Storage from which who may contribute may import by name: this server's account reads them for everybody.
GALAXY_IMPORT_BUCKETS = env.bucket_folders("GALAXY_IMPORT_BUCKETS")

# --- limits -----------------------------------------------------------------------------------------------------------
GALAXY_MAX_MEGAPIXELS = env.integer("GALAXY_MAX_MEGAPIXELS", 300, minimum=1, maximum=5000)
# Requests a minute to the API, by people who are logged in (each) and by strangers (each address); keys have a number of their own.
GALAXY_REQUESTS_PER_MINUTE = env.integer("GALAXY_REQUESTS_PER_MINUTE", 1200, minimum=1, maximum=1_000_000)
GALAXY_STRANGERS_REQUESTS_PER_MINUTE = env.integer(
    "GALAXY_STRANGERS_REQUESTS_PER_MINUTE", 120, minimum=1, maximum=1_000_000
)
GALAXY_MAX_FILE_MB = env.integer("GALAXY_MAX_FILE_MB", 1024, minimum=1, maximum=16384)

# --- language, time, logs -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Those that a galaxy's page speaks (explorer/frontend/src/text): what visitors wish for is chosen among them.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING").upper()},
}

# What was wrong in the environment; catalog.checks reports it.
GALAXY_ENVIRONMENT_PROBLEMS = env.problems
