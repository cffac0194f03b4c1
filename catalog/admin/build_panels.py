"""What is known of one build, beside the build before it, gathered for its page."""

from typing import Any

from catalog.admin.build_plots import bar, line_chart, map_plot, map_reach
from catalog.admin.build_quality import (
    Side,
    compare_making,
    compare_measures,
    describe_groups,
    describe_moves,
    read_measure,
)
from catalog.admin.pictures import thumbnails
from catalog.admin.shown_builds import find_group_covers, sample_positions
from catalog.models import Build

__all__ = ["build_maps", "build_panels", "build_side"]

N_DOTS = 3_000
N_HISTORY = 20
# Key in Build.quality, name, whether it is a share of the radius.
HISTORY = [
    ("trustworthiness", "Trustworthiness", False),
    ("knn_recall_at_10", "Recall at 10", False),
    ("moved.median", "Moved, half of the images", True),
]


def build_panels(build: Build) -> dict[str, Any]:
    """Context of admin/catalog/build/panels.html, in six queries whatever the build's size."""
    older = Build.objects.filter(galaxy=build.galaxy_id, complete=True, number__lt=build.number)
    past = list(older.order_by("-number")[: N_HISTORY - 1])
    last = past[0] if past else None
    this_side, last_side = build_side(build), build_side(last) if last else None
    measures = compare_measures(this_side, last_side)
    return {
        "last": last,
        "pruned": last is None and build.number > 1,
        "measures": measures,
        "sampled": any(row["error"] for row in measures),
        "making": compare_making(this_side, last_side),
        "moves": [{**row, "bar": bar(row["share"])} for row in describe_moves(build.quality)],
        "n_shared": read_measure(build.quality, "moved.n_shared"),
        "group_summary": describe_groups(this_side, last_side),
        "labels_without_images": build.quality.get("labels_without_images") or [],
        "groups": _groups(build),
        "maps": build_maps(build, last),
        "charts": _charts([*reversed(past), build]) if past else [],
    }


def build_side(build: Build) -> Side:
    """What is compared of a build."""
    return Side(build.quality, build.parameters, build.n_images)


def _groups(build: Build) -> list[dict[str, Any]]:
    groups = list(build.groups.select_related("cluster").order_by("-n_images", "number"))
    pictures = find_group_covers(build)
    largest = max((group.n_images for group in groups), default=1)
    silhouettes = dict(enumerate(build.quality.get("group_silhouettes") or []))
    return [
        {
            "cluster": group.cluster,
            "n_images": group.n_images,
            "bar": bar(group.n_images / largest, group.cluster.colour),
            "silhouette": _show_silhouette(silhouettes.get(group.number)),
            "covers": thumbnails(pictures.get(group.pk, [])),
        }
        for group in groups
    ]


def _show_silhouette(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".replace("-", "−")


def build_maps(build: Build, last: Build | None) -> list[dict[str, Any]]:
    """The same images of both builds at one scale, from the front and from above."""
    builds = [build] if last is None else [build, last]
    share = N_DOTS / max(shown.n_images for shown in builds)
    samples = [(shown, sample_positions(shown, share)) for shown in builds]
    reach = map_reach(*(dots for _, dots in samples))
    return [
        {
            "caption": f"Build {shown.number}, {view}",
            "svg": map_plot(
                dots,
                axes=axes,
                reach=reach,
                name=f"map-{axes}-{shown.number}",
                title=f"Map of build {shown.number}, {view}",
                description=f"{len(dots):,} of {shown.n_images:,} images as dots in the colours of their clusters.",
            ),
        }
        for axes, view in (("xy", "x and y"), ("xz", "x and z"))
        for shown, dots in samples
        if dots
    ]


def _charts(builds: list[Build]) -> list[dict[str, Any]]:
    charts = [
        {
            "caption": caption,
            "svg": line_chart(
                [(build.number, read_measure(build.quality, key)) for build in builds],
                name=f"history-{key.replace('.', '-')}",
                title=f"{caption}, builds {builds[0].number} to {builds[-1].number}",
                as_percent=as_percent,
                from_zero=as_percent,
            ),
        }
        for key, caption, as_percent in HISTORY
    ]
    return [chart for chart in charts if chart["svg"]]
