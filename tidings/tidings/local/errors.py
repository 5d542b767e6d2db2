"""What can go wrong while the local services start, as a tree.

    LocalError
    ├── BusyPort          another program listens on a port that is needed
    ├── UnusableFolder    the data folder cannot be used
    ├── DiskFull          too little room for data or downloads
    ├── DownloadFailed    an archive could not be fetched, or is not what was promised
    ├── ExtraMissing      a part of Tidings that is needed is not installed
    ├── AlreadyRunning    another supervisor holds these folders
    ├── NotRunning        nothing runs that could be stopped or asked
    ├── ServiceDied       a child process ended before it was ready
    ├── NotReady          a service did not answer in time
    ├── NoEngine          no Docker engine answers
    ├── PageBuildFailed   npm could not build the page
    └── Cancelled         the user asked to stop while something was starting

Each text is one sentence that ends with the remedy.
"""

from __future__ import annotations


class LocalError(Exception):
    """A problem with the local services. `str(error)` is one sentence and its remedy, fit for a person."""


class BusyPort(LocalError):
    """Another program listens on a port that is needed."""


class UnusableFolder(LocalError):
    """The data folder cannot be used."""


class DiskFull(LocalError):
    """Too little room on the disk for what is about to be written."""


class DownloadFailed(LocalError):
    """An archive could not be fetched, or its size or SHA-256 is not the committed one."""


class ExtraMissing(LocalError):
    """A part of Tidings that is needed is not installed."""


class AlreadyRunning(LocalError):
    """Another supervisor holds the lock of this data folder."""


class NotRunning(LocalError):
    """Nothing runs in this data folder."""


class ServiceDied(LocalError):
    """A child process ended before it was ready."""


class NotReady(LocalError):
    """A child process lives, but did not answer within its time."""


class NoEngine(LocalError):
    """No Docker engine answers, or there is nothing for it to run."""


class PageBuildFailed(LocalError):
    """npm could not build the page."""


class Cancelled(LocalError):
    """The user asked to stop while something was starting."""
