"""Teaching a label by example: some pictures to say yes or no to, the collection by score, a sample to judge, and accepting it."""

from typing import Any

import numpy as np
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.admin.changelist import PageAdmin
from catalog.admin.filters import PermittedFilter
from catalog.admin.job_actions import JobAction, register_job_action
from catalog.admin.pictures import NOTHING, thumbnails
from catalog.admin.policy import may, signed_in
from catalog.admin.tiles import image_tiles
from catalog.models import Collection, Decision, Image, TaughtLabel, TaughtVersion
from catalog.permissions import Verb, permitted_by_role
from catalog.search.selection import final_label
from catalog.services.decide import decide_labels
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.labels import LabelScore, find_or_make_labels
from catalog.services.teach import (
    LEAST_ACCEPTS,
    ScoredImages,
    accept_version,
    choose_cut_off,
    draw_sample,
    find_candidates,
    find_examples,
    judge,
    retire,
    score_images,
    waiting_sample,
)
from catalog.services.vector_table import count_unseen
from catalog.terms import fold_term

register_job_action(Collection, JobAction(kind="look_at_images", label="Look at the pictures"))

PAGE_SIZE = 60
N_CANDIDATES = 48
N_PICTURES = 3
N_BARS = 25


class TermForm(forms.Form):
    """Which label, of which collection."""

    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label=None)
    term = forms.CharField(label="Label", max_length=200)


@admin.register(TaughtLabel)
class TaughtLabelAdmin(PageAdmin[TaughtLabel]):
    """Taught labels; each has the page of its scores at `<id>/scores/`, and its sample at `<id>/sample/`."""

    index_order = 55
    change_list_template = "admin/catalog/taughtlabel/change_list.html"
    list_display = ["term", "pictures", "collection", "state", "right", "labelled"]
    list_filter = [("collection", PermittedFilter)]
    list_select_related = ["collection", "label", "current_version"]
    search_fields = ["label__key__startswith"]

    def get_urls(self) -> list[URLPattern]:
        """Adds the pages of teaching and where their buttons post."""
        wrap = self.admin_site.admin_view
        deeds = {"train": self.train_view, "cut-off": self.cut_off_view, "accept": self.accept_view}
        return [
            path("teach/", wrap(self.teach_view), name="catalog_taughtlabel_teach"),
            path("<int:pk>/scores/", wrap(self.scores_view), name="catalog_taughtlabel_scores"),
            path("<int:pk>/sample/", wrap(self.sample_view), name="catalog_taughtlabel_sample"),
            *(
                path(f"<int:pk>/{name}/", wrap(require_POST(view)), name=f"catalog_taughtlabel_{name}")
                for name, view in {**deeds, "retire": self.retire_view}.items()
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of its scores says all that there is to say."""
        taught = self.get_object(request, object_id)
        if taught is None:
            return super().change_view(request, object_id, form_url, extra_context)  # which leads back to the index
        return self.scores_view(request, taught.pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the button to teach, for curators."""
        return super().changelist_view(
            request, {**(extra_context or {}), "may_teach": may(request, Verb.CURATE, TaughtLabel)}
        )

    def teach_view(self, request: HttpRequest) -> HttpResponse:
        """Say yes or no to a few pictures; with ten accepts the label can be learnt."""
        collections = permitted_by_role(request.user, Verb.CURATE, Collection.objects.order_by("title", "pk"))
        if not collections:
            raise PermissionDenied("You are no curator of any collection.")
        asked = request.POST or request.GET
        form = TermForm({"collection": collections[0].pk, "term": "", **asked.dict()})
        form.fields["collection"].queryset = collections  # type: ignore[attr-defined]  # a ModelChoiceField
        if not form.is_valid():
            if asked.get("collection") and "collection" in form.errors:
                raise PermissionDenied("You are no curator of this collection.")
            return self._page(request, "teach", "Teach a label", form=form, collection=collections[0])
        collection, term = form.cleaned_data["collection"], " ".join(form.cleaned_data["term"].split())
        here = reverse("admin:catalog_taughtlabel_teach", query={"collection": collection.pk, "term": term})
        if request.method == "POST":
            if "train" in request.POST:
                job = start_job("train_label", {"term": term}, by=signed_in(request), collection=collection)
                return redirect("admin:catalog_job_progress", job.pk)
            self._decide(request, collection, term)
            return redirect(here)
        label = final_label(collection.pk, term)
        examples = find_examples(label) if label else None
        return self._page(
            request,
            "teach",
            f"Teach “{term}”",
            form=form,
            collection=collection,
            term=term,
            taught=TaughtLabel.objects.filter(label=label).first() if label else None,
            n_accepts=len(examples.accepts) if examples else 0,
            n_rejects=len(examples.rejects) if examples else 0,
            accepted=_strip(examples.accepts if examples else []),
            rejected=_strip(examples.rejects if examples else []),
            least_accepts=LEAST_ACCEPTS,
            n_missing=max(LEAST_ACCEPTS - (len(examples.accepts) if examples else 0), 0),
            tiles=image_tiles(find_candidates(collection, label, N_CANDIDATES)),
            n_unseen=count_unseen(collection),
        )

    def scores_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The collection by score, with the cut-off."""
        taught, version = self._version(request, pk)
        scored: ScoredImages | None = None
        try:
            scored = score_images(version)
        except ServiceError as error:
            messages.warning(request, str(error))
        scored = scored or ScoredImages(np.empty(0, np.int64), np.empty(0, np.float32))
        n_above = scored.count_above(version.cut_off)
        asked = request.GET.get("page", "")
        page = min(max(int(asked), 1), 10**6) if asked.isdecimal() and len(asked) < 8 else 1
        part = slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
        ids, scores = scored.image_ids[part].tolist(), scored.scores[part].tolist()
        examples = find_examples(taught.label)
        said = dict.fromkeys(examples.accepts, "accepted") | dict.fromkeys(examples.rejects, "rejected")
        words = {i: " · ".join(filter(None, [f"{s:.2f}", said.get(i, "")])) for i, s in zip(ids, scores, strict=True)}
        tiles = image_tiles(ids, words)
        above = {i for i, s in zip(ids, scores, strict=True) if s >= np.float32(version.cut_off)}
        return self._page(
            request,
            "scores",
            f"Taught: {taught}",
            taught=taught,
            version=version,
            versions=list(taught.versions.all()[:12]),
            is_current=taught.current_version_id == version.pk,
            right=right_words(version),
            n_above=n_above,
            n_scored=len(scored.scores),
            n_unseen=count_unseen(taught.collection),
            chart=_chart(scored, version.cut_off),
            above=[tile for tile in tiles if tile["image"].pk in above],
            below=[tile for tile in tiles if tile["image"].pk not in above],
            page=page,
            cut_off_page=max(n_above - 1, 0) // PAGE_SIZE + 1,
            has_next=page * PAGE_SIZE < len(scored.scores),
            may_curate=may(request, Verb.CURATE, taught),
            has_change_permission=False,
            has_delete_permission=False,
            here=request.get_full_path(),
        )

    def sample_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fifty pictures at random from above the cut-off, drawn by a button: is the label right?"""
        taught, version = self._version(request, pk, curate=True)
        back = _scores_address(version)
        if request.method == "POST":
            try:
                if "draw" in request.POST:
                    draw_sample(version)
                    return redirect(request.get_full_path())
                judge(version, _verdicts(request), by=signed_in(request))
                messages.success(request, f"{right_words(version)}, by {version.n_judged} judged.")
            except ServiceError as error:
                messages.error(request, str(error))
            return redirect(back)
        sample = waiting_sample(version)
        if not sample:
            return redirect(back)
        words = {row.image_id: f"{row.score:.2f}" for row in sample}
        title = f"Is this “{taught}”?"
        return self._page(
            request, "sample", title, taught=taught, version=version, back=back, tiles=image_tiles(list(words), words)
        )

    def train_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Learn it again from the decisions that there are by now."""
        taught, _version = self._version(request, pk, curate=True)
        job = start_job("train_label", {"term": taught.label.term}, by=signed_in(request), collection=taught.collection)
        return redirect("admin:catalog_job_progress", job.pk)

    def cut_off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """From which score on an image gets the label."""
        _taught, version = self._version(request, pk, curate=True)
        try:
            cut_off = float(request.POST.get("cut_off", "").replace(",", "."))
            job = choose_cut_off(version, cut_off, by=signed_in(request))
        except ValueError:
            messages.error(request, "Expected a number from 0 to 1 as the cut-off.")
        except ServiceError as error:
            messages.error(request, str(error))
        else:
            more = " It is being applied." if job else ""
            messages.success(request, f"{version.n_above:,} images score {cut_off:g} or more.{more}")
        return redirect(_scores_address(version))

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let this version label the collection."""
        _taught, version = self._version(request, pk, curate=True)
        return redirect("admin:catalog_job_progress", accept_version(version, by=signed_in(request)).pk)

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what it said."""
        taught, _version = self._version(request, pk, curate=True)
        return redirect("admin:catalog_job_progress", retire(taught, by=signed_in(request)).pk)

    def decorate_page(self, request: HttpRequest, rows: list[TaughtLabel]) -> dict[str, dict[int, Any]]:
        """The newest version of each, and some pictures that people accepted."""
        newest: dict[int, TaughtVersion] = {}
        for version in TaughtVersion.objects.filter(taught__in=rows).order_by("taught", "number").defer("weights"):
            newest[version.taught_id] = version
        decided = Decision.objects.filter(label__in=[row.label_id for row in rows], change__undone_at=None)
        accepted = decided.exclude(verdict="reject").order_by("-pk").values_list("label", "image__uuid")
        pictures: dict[int, list[Any]] = {}
        for label_id, uuid in accepted[: 100 * len(rows)]:
            shown = pictures.setdefault(label_id, [])
            if len(shown) < N_PICTURES and uuid not in shown:
                shown.append(uuid)
        return {"newest": newest, "pictures": {row.pk: pictures.get(row.label_id, []) for row in rows}}

    @admin.display(description="label", ordering="label__key")
    def term(self, obj: TaughtLabel) -> str:
        """The term."""
        return obj.label.term

    @admin.display(description="accepted pictures")
    def pictures(self, obj: TaughtLabel) -> SafeString:
        """Some of those that people accepted."""
        return thumbnails(self.page_value(obj, "pictures", []))

    @admin.display(description="state")
    def state(self, obj: TaughtLabel) -> str:
        """Whether it labels, and what waits."""
        newest = self.page_value(obj, "newest", None)
        if obj.current_version is None:
            return "waits to be accepted" if newest else "not trained"
        later = f"; version {newest.number} waits" if newest and newest.pk != obj.current_version_id else ""
        return f"labels by version {obj.current_version.number}{later}"

    @admin.display(description="right")
    def right(self, obj: TaughtLabel) -> str:
        """Its precision, with the interval."""
        version = obj.current_version or self.page_value(obj, "newest", None)
        return right_words(version) if version else NOTHING

    @admin.display(description="images above the cut-off")
    def labelled(self, obj: TaughtLabel) -> str:
        """How many."""
        version = obj.current_version or self.page_value(obj, "newest", None)
        return f"{version.n_above:,}" if version else NOTHING

    def _version(self, request: HttpRequest, pk: int, *, curate: bool = False) -> tuple[TaughtLabel, TaughtVersion]:
        """The taught label and the version that is named, or the newest; as if it were not there to whom may not see it."""
        rows = self.get_queryset(request).select_related("collection", "label", "current_version")
        taught = get_object_or_404(rows, pk=pk)
        if curate and not may(request, Verb.CURATE, taught):
            raise PermissionDenied(f"You are no curator of {taught.collection}.")
        versions = taught.versions.all()
        named = request.POST.get("version") or request.GET.get("version", "")
        version = (versions.filter(number=int(named)) if named.isdecimal() and len(named) < 8 else versions).first()
        if version is None:
            raise Http404("There is no such version.")
        version.taught = taught
        return taught, version

    def _decide(self, request: HttpRequest, collection: Collection, term: str) -> None:
        """What a person said to the candidates, as one change."""
        said = _verdicts(request)
        if not said:
            messages.warning(request, "Nothing was said: choose Yes or No on some pictures.")
            return
        try:
            label = find_or_make_labels(collection, [LabelScore(term, 1.0)]).get(fold_term(term))
            if label is None:
                raise ServiceError(f"Expected a label with at least one letter, got “{term}”.")
            label = final_label(collection.pk, term) or label
            verdicts = [(image_id, label.pk, "add" if yes else "reject") for image_id, yes in said.items()]
            decide_labels(collection, by=signed_in(request), verdicts=verdicts, reason=f"Examples of “{term}”")
        except ServiceError as error:
            messages.error(request, str(error))
        else:
            n_yes = sum(said.values())
            messages.success(request, f"{n_yes:,} accepted, {len(said) - n_yes:,} rejected.")

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> TemplateResponse:
        whole = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, f"admin/catalog/taughtlabel/{name}.html", whole)


def right_words(version: TaughtVersion) -> str:
    """How often it is right, in words: "94 % right (84 to 98 %)"."""
    if version.precision is None or version.precision_low is None or version.precision_high is None:
        return "not judged yet"
    return f"{version.precision:.0%} right ({version.precision_low:.0%} to {version.precision_high:.0%})"


def _verdicts(request: HttpRequest) -> dict[int, bool]:
    """Image id -> yes or no, from the radio buttons `said-<id>`; pictures about which nothing was said are left out."""
    said: dict[int, bool] = {}
    for name, value in request.POST.items():
        number = name.removeprefix("said-")
        if name.startswith("said-") and number.isdecimal() and len(number) < 19 and value in {"yes", "no"}:
            said[int(number)] = value == "yes"
    return said


def _scores_address(version: TaughtVersion) -> str:
    return reverse("admin:catalog_taughtlabel_scores", args=[version.taught_id], query={"version": version.number})


def _strip(image_ids: list[int]) -> SafeString:
    """The latest of them as small pictures."""
    uuids = dict(Image.objects.filter(pk__in=image_ids[:24]).values_list("pk", "uuid"))
    return thumbnails(uuids[pk] for pk in image_ids[:24] if pk in uuids)


def _chart(scored: ScoredImages, cut_off: float) -> SafeString:
    """How many images have which score, as bars; heights are square roots, or the many at 0 would hide the few that matter."""
    counts, _edges = np.histogram(scored.scores, bins=N_BARS, range=(0, 1))
    most = max(float(np.sqrt(counts.max())), 1.0)
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="9" height="{}"><title>{} images from {} on</title></rect>',
        (
            (
                i * 10 + 0.5,
                f"{60 - 60 * np.sqrt(n) / most:.1f}",
                f"{60 * np.sqrt(n) / most:.1f}",
                n,
                f"{i / N_BARS:.2f}",
            )
            for i, n in enumerate(counts.tolist())
        ),
    )
    return format_html(
        '<svg class="galaxy-scores" viewBox="0 0 250 62" role="img" aria-label="How many images have which score, from 0 to 1">{}'
        '<path d="M{} 0V62"/></svg>',
        bars,
        f"{250 * cut_off:.1f}",
    )
