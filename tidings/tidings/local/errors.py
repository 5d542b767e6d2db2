"""What can go wrong while the local services start, each told in one sentence that ends with the remedy.

LocalError
├── BusyPort          another program listens on a port that is needed
├── DiskFull          too little room for data or downloads
├── DownloadFailed    an archive could not be fetched, or is not what was promised
├── JavaMissing       the extra that brings Java is not installed
├── AlreadyRunning    another supervisor holds the data folder
├── NotRunning        nothing runs that could be stopped or asked
├── ServiceDied       a child process ended before it was ready
├── NotReady          a child process lives but did not answer in time
├── PageBuildFailed   npm could not build the page
└── Cancelled         the user asked to stop while something was starting
"""

from __future__ import annotations


class LocalError(Exception):
    """A problem with the local services. `str(error)` is one sentence and its remedy, fit for a person."""


class BusyPort(LocalError):
    """Another program listens on a port that is needed."""


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
