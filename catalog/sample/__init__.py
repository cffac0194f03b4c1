"""The sample libraries that `make run` shows: folders of pictures with a `metadata.csv`, made from installed packages.

The pictures ship inside packages of requirements-sample.txt, so nothing is downloaded. What is written is an ordinary folder
that `catalog.importers.read_folder` reads like anybody's; running again writes what is missing and touches nothing else.
"""

from catalog.sample.files import MissingPackageError, SampleReport
from catalog.sample.openmoji import write_openmoji
from catalog.sample.photos import write_scientific_photos

__all__ = ["MissingPackageError", "SampleReport", "write_openmoji", "write_scientific_photos"]
