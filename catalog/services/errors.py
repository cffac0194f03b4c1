"""Failures that a person can understand and mend."""


class ServiceError(Exception):
    """A deed could not be done for a reason that its asker can mend; the message says what was expected, came, and helps.

    Commands report it as CommandError, jobs as their error, the admin as a message, the API as a 4xx answer.
    """

    code = "refused"
    """What other software reads; a more telling one is a subclass's, and stands in `explorer.api.codes`."""


class BuildError(ServiceError):
    """There is nothing to build from, or what there is cannot be built."""
