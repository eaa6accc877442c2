"""Files of a submission for programs: the same steps as the page's script, with the same answers when a step is repeated."""

from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from estrade.files.uploads import PIECE, Sending, append_piece, drop_upload, received_of
from estrade.kernel.clock import db_now
from estrade.web.endpoints import Asked, Endpoint, Shape, body_of, problems, query_of
from teams.files import attach_file, begin_file, listed_files, remove_file, team_upload
from teams.models import DraftFile, ReceiptFile
from teams.reads import one_team

WRITE = (400, 401, 403, 404, 409, 410, 413, 415, 422, 507)


class HandedInFile(serializers.ModelSerializer[Any]):
    """A file of the version that counts. `sha256`: of its bytes as they are stored; `address`: where it is downloaded."""

    name = serializers.CharField(source="stored.name")
    kind = serializers.CharField(source="stored.kind")
    size = serializers.IntegerField(source="stored.size", help_text="bytes")
    sha256 = serializers.CharField(source="stored.digest")
    address = serializers.SerializerMethodField()

    class Meta:
        model = ReceiptFile
        fields = ["field", "name", "kind", "size", "sha256", "address"]

    @extend_schema_field(OpenApiTypes.STR)
    def get_address(self, one: Any) -> str:
        return reverse("teams:file", args=[self.context["slug"], self.context["team"], one.stored.token])


class DraftedFile(HandedInFile):
    """A file of the draft. `late`: it arrived after the deadline and does not count by itself."""

    late = serializers.SerializerMethodField()

    class Meta:
        model = DraftFile
        fields = ["id", *HandedInFile.Meta.fields, "attached_at", "late"]

    def get_late(self, one: DraftFile) -> bool:
        return one.pk in self.context["late"]


class SubmissionFiles(serializers.Serializer[Any]):
    """What lies in the draft, for members alone, and what was handed in with the version that counts."""

    draft = DraftedFile(many=True)
    handed_in = HandedInFile(many=True)
    limit = serializers.IntegerField(allow_null=True, help_text="bytes that a team may bring in all; null for readers")
    used = serializers.IntegerField(allow_null=True, help_text="bytes brought, and on their way")


class UploadWrite(Shape):
    """What a device says of a file before it comes. The same `client_id` again is the same upload, to be gone on with."""

    field = serializers.SlugField(max_length=40, help_text="the field of the form it answers")
    client_id = serializers.UUIDField()
    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=0, help_text="bytes")
    declared = serializers.CharField(max_length=120, required=False, help_text="the type that the device believes in")


class UploadState(serializers.Serializer[Any]):
    """How much has arrived. `piece`: how many bytes to send at once, at most."""

    token = serializers.CharField()
    received = serializers.IntegerField()
    piece = serializers.IntegerField()


class PieceQuery(Shape):
    """Where a piece belongs."""

    offset = serializers.IntegerField(min_value=0, max_value=10**15, help_text="how many bytes come before this piece")


class FinishWrite(Shape):
    """The key of the upload finds its file again when the first answer was lost."""

    client_id = serializers.UUIDField(required=False)


class Nothing(Shape):
    """An empty object."""


class PieceParser(BaseParser):
    """Bytes as they come, no more of them than any request may bring."""

    media_type = "application/octet-stream"

    def parse(self, stream: HttpRequest, media_type: str | None = None, parser_context: Any = None) -> bytes:  # type: ignore[override]
        """The body. RequestDataTooBig above the site's limit."""
        return stream.body


class Files(Endpoint):
    """Members read the draft's files and what was handed in; partners and jurors the latter, once they may."""

    asks: ClassVar = {"GET": "submission.read"}

    @extend_schema(operation_id="submission_files", summary="The files of a team's submission",
                   responses={200: SubmissionFiles, **problems(401, 404)})  # fmt: skip
    def get(self, request: Asked, slug: str, team_id: int) -> Response:
        files = listed_files(person=request.user, edition=request.edition, team_id=team_id)
        return Response(SubmissionFiles(files, context={"slug": slug, "team": team_id, "late": files.late}).data)


class RemovedFile(Endpoint):
    """Out of the draft; versions that have the file keep it. Removed again, nothing happens."""

    asks: ClassVar = {"POST": "draft.write"}

    @extend_schema(operation_id="remove_submission_file", summary="Take a file out of the draft", request=Nothing,
                   responses={204: None, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int, file_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        body_of(request, Nothing)
        remove_file(person=request.user, team_id=team_id, file_id=file_id)
        return Response(status=204)


class Uploads(Endpoint):
    """The first step of a file."""

    asks: ClassVar = {"POST": "draft.write"}

    @extend_schema(
        operation_id="start_upload", summary="Begin a file, or go on with it", request=UploadWrite,
        responses={201: OpenApiResponse(UploadState, description="begun; also for the same client_id again"), **problems(*WRITE)},
    )  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        said = body_of(request, UploadWrite)
        field = said.pop("field")
        upload = begin_file(person=request.user, team_id=team_id, field=field, sending=Sending(**said))
        return Response({"token": upload.token, "received": received_of(upload), "piece": PIECE}, status=201)


class OneUpload(Endpoint):
    """The next piece; or, asked without one, how much has arrived. A piece that is there already changes nothing."""

    asks: ClassVar = {"GET": "draft.write", "POST": "draft.write"}
    parser_classes = [PieceParser]

    @extend_schema(operation_id="upload", summary="How much of a file has arrived",
                   responses={200: UploadState, **problems(401, 404, 410)})  # fmt: skip
    def get(self, request: Asked, slug: str, team_id: int, token: str) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        upload = team_upload(person=request.user, team_id=team_id, token=token)
        return Response({"token": token, "received": received_of(upload), "piece": PIECE})

    @extend_schema(
        operation_id="send_piece", summary="Send the next piece of a file",
        request={"application/octet-stream": OpenApiTypes.BINARY}, parameters=[PieceQuery],
        responses={200: UploadState, **problems(*WRITE)},
    )  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int, token: str) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        offset = query_of(request, PieceQuery)["offset"]
        upload = team_upload(person=request.user, team_id=team_id, token=token)
        received = append_piece(upload=upload, offset=offset, data=cast(bytes, request.data))
        return Response({"token": token, "received": received, "piece": PIECE})


class FinishedUpload(Endpoint):
    """The last step: what has arrived is examined and lies in the draft. Said again, the same file is the answer."""

    asks: ClassVar = {"POST": "draft.write"}

    @extend_schema(operation_id="finish_upload", summary="Put a file that has arrived into the draft", request=FinishWrite,
                   responses={201: DraftedFile, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int, token: str) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        said = body_of(request, FinishWrite)
        brought = attach_file(person=request.user, team_id=team_id, token=token, **said)
        files = listed_files(person=request.user, edition=request.edition, team_id=team_id)
        return Response(DraftedFile(brought, context={"slug": slug, "team": team_id, "late": files.late}).data, status=201)


class DroppedUpload(Endpoint):
    """What was sent is forgotten."""

    asks: ClassVar = {"POST": "draft.write"}

    @extend_schema(operation_id="cancel_upload", summary="Give an upload up", request=Nothing,
                   responses={204: None, **problems(*WRITE)})  # fmt: skip
    def post(self, request: Asked, slug: str, team_id: int, token: str) -> Response:
        one_team(person=request.user, edition=request.edition, team_id=team_id, now=db_now())
        body_of(request, Nothing)
        drop_upload(team_upload(person=request.user, team_id=team_id, token=token))
        return Response(status=204)
