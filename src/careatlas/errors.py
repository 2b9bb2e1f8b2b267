"""The faults a user can cause: each says what was found, where, and what to do.

Raise one of these for anything a person can mend (a damaged file, a wrong word in a definition, an area that
does not exist). The command line prints it without a traceback and exits 2; pages answer it in plain words.
Our own mistakes raise ordinary exceptions and keep their traceback.
"""


class AtlasError(Exception):
    """One fault: ``where`` it is, ``found`` what is wrong there, ``remedy`` what the reader can do."""

    def __init__(self, where: object, found: str, remedy: str = "") -> None:
        self.where, self.found, self.remedy = str(where), found, remedy
        super().__init__(f"{self.where}: {found}" + (f" {remedy}" if remedy else ""))


class SourceFileError(AtlasError):
    """A publisher's file that is damaged, changed in layout, or not what its name says."""


class DefinitionError(AtlasError):
    """A content file (indicator, area type, target ...) that says something the atlas cannot mean."""


class ReleaseError(AtlasError):
    """A release that is absent or cannot be read."""


class DownloadError(AtlasError):
    """A publisher's page or file that could not be fetched safely."""


class NotKnownError(AtlasError):
    """A code, indicator, period or command argument that nothing in the release answers to."""


class BusyError(AtlasError):
    """What too many people ask for at one moment, and can be had in a few seconds."""


class ManyFaults(AtlasError):
    """Every fault found in one go, so that a reader mends them in one go."""

    def __init__(self, faults: list[AtlasError]) -> None:
        self.faults = list(faults)
        Exception.__init__(self, "\n".join(str(fault) for fault in self.faults))


def raise_all(faults: list[AtlasError]) -> None:
    """Raise what was gathered: nothing, the one fault, or all of them together."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ManyFaults(faults)
