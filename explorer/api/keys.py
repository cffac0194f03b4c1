"""API keys of one's own, for whoever is logged in: a key makes no keys."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from catalog.models import ApiKey, Scope
from catalog.permissions import Verb, grant_of
from catalog.services.api_keys import create_api_key, revoke_api_key
from explorer.api.asking import person_of, validated
from explorer.api.permissions import find_collection


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by an untyped hook
    """How the schema tells of keys."""

    target_class = "explorer.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "A key, as in `Authorization: Bearer gx_…`."}


class LoggedIn(BasePermission):
    """People who gave their password: not strangers, and not keys."""

    message = "Keys are made and revoked by people who are logged in, not by keys."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether they came by a session."""
        return request.user.is_authenticated and grant_of(request.user) is None


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its text."""

    collection: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), read_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "collection",
            "requests_per_minute",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]
        read_only_fields = fields


class NewKeySerializer(serializers.Serializer[Any]):
    """What is asked for a new key."""

    name = serializers.CharField(max_length=100, help_text="What will use it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), min_length=1, max_length=len(Scope.choices)
    )
    collection = serializers.CharField(
        required=False, allow_null=True, help_text="The only collection that it opens, by slug or uuid. Empty: all."
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Empty: never.")


class MadeKeySerializer(KeySerializer):
    """A new key, with its text: this once."""

    key = serializers.CharField(read_only=True, help_text="Told this once; only its hash is kept.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]
        read_only_fields = fields


class KeyList(APIView):
    """Keys of one's own."""

    permission_classes: list[type[BasePermission]] = [LoggedIn]

    @extend_schema(operation_id="keys_list", summary="Your keys", responses=KeySerializer(many=True))
    def get(self, request: Request) -> Response:
        """The keys, newest first; revoked and expired ones, too."""
        keys = ApiKey.objects.filter(owner=person_of(request)).select_related("collection")
        return Response(KeySerializer(keys, many=True).data)

    @extend_schema(
        operation_id="keys_create",
        summary="Make a key",
        request=NewKeySerializer,
        responses={201: MadeKeySerializer},
    )
    def post(self, request: Request) -> Response:
        """Make one, and tell its text."""
        values = validated(NewKeySerializer, request.data)
        name = values.get("collection")
        key, text = create_api_key(
            person_of(request),
            name=values["name"],
            scopes=values["scopes"],
            collection=find_collection(request, name, Verb.VIEW) if name else None,
            expires_at=values.get("expires_at"),
        )
        return Response({**KeySerializer(key).data, "key": text}, status=HTTP_201_CREATED)


class KeyDetail(APIView):
    """One key of one's own."""

    permission_classes: list[type[BasePermission]] = [LoggedIn]

    @extend_schema(operation_id="keys_destroy", summary="Revoke a key", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """From now on it opens nothing; it stays in the list."""
        revoke_api_key(get_object_or_404(ApiKey, pk=pk, owner=person_of(request)))
        return Response(status=HTTP_204_NO_CONTENT)


routes: list[URLPattern | URLResolver] = [
    path("keys/", KeyList.as_view(), name="keys"),
    path("keys/<int:pk>/", KeyDetail.as_view(), name="key"),
]
