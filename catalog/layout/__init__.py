"""Where every image lies and what its neighbourhood is called; numpy in, numpy out, and no Django.

The usual way: `label_vectors` -> `compute_positions` -> `spread_positions` -> `compute_groups` -> `name_groups`, with
`match_groups` to find the clusters that people already know and `measure_quality` to see how well it went. `place_new` puts new
images among old ones that stay. `flatten_positions` and `flatten_new` do both in the plane.
docs/layout.md tells how it works and how fast it is.
"""

from catalog.layout.alignment import align_positions, galaxy_radius
from catalog.layout.colours import cluster_palette
from catalog.layout.duplicates import group_near_duplicates
from catalog.layout.explaining import label_shares, visual_shares
from catalog.layout.extra import extra_groups
from catalog.layout.flattening import flatten_new, flatten_positions
from catalog.layout.given import Given, GivenError, read_given
from catalog.layout.glove import GloveError, GloveWords, check_glove
from catalog.layout.groups import Groups, choose_k, compute_groups, fit_k
from catalog.layout.joining import join_groups
from catalog.layout.matching import match_groups
from catalog.layout.names import GroupName, name_groups
from catalog.layout.placing import place_new
from catalog.layout.positions import Layout, compute_positions, fit_perplexity
from catalog.layout.progress import OnProgress
from catalog.layout.quality import knn_recall, measure_quality
from catalog.layout.requirements import Requirements, estimate_flattening, estimate_requirements
from catalog.layout.similar import best_rows, nearest_by_signs, products, sign_codes
from catalog.layout.spreading import spread_positions
from catalog.layout.subgroups import Subgroup, TellingLabel, find_subgroups, telling_labels
from catalog.layout.teaching import TaughtModel, fit_label, label_scores, wilson_interval
from catalog.layout.vectors import LabelVectorizer, label_vector, label_vectors, mix_vectors
from catalog.layout.words import WordVectors, built_in_words

__all__ = [
    "Given",
    "GivenError",
    "GloveError",
    "GloveWords",
    "GroupName",
    "Groups",
    "LabelVectorizer",
    "Layout",
    "OnProgress",
    "Requirements",
    "Subgroup",
    "TaughtModel",
    "TellingLabel",
    "WordVectors",
    "align_positions",
    "best_rows",
    "built_in_words",
    "check_glove",
    "choose_k",
    "cluster_palette",
    "compute_groups",
    "compute_positions",
    "estimate_flattening",
    "estimate_requirements",
    "extra_groups",
    "find_subgroups",
    "fit_k",
    "fit_label",
    "fit_perplexity",
    "flatten_new",
    "flatten_positions",
    "galaxy_radius",
    "group_near_duplicates",
    "join_groups",
    "knn_recall",
    "label_scores",
    "label_shares",
    "label_vector",
    "label_vectors",
    "match_groups",
    "measure_quality",
    "mix_vectors",
    "name_groups",
    "nearest_by_signs",
    "place_new",
    "products",
    "read_given",
    "sign_codes",
    "spread_positions",
    "telling_labels",
    "visual_shares",
    "wilson_interval",
]
