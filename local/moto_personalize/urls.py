"""The URLs of a Personalize with guesses, and those of its events in moto's server.

The server goes by the name that a request is signed with, which is `personalize` for the events, too.
"""

from .personalize.urls import url_bases
from .personalizeevents.responses import PersonalizeEventsResponse
from .responses import PersonalizeResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {
    "{0}/$": PersonalizeResponse.dispatch,
    "{0}/events$": PersonalizeEventsResponse.dispatch,
}
