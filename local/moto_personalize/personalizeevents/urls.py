"""personalize-events base URL and path."""

from .responses import PersonalizeEventsResponse

url_bases = [
    r"https?://personalize-events\.(.+)\.amazonaws\.com",
]


url_paths = {
    "{0}/events$": PersonalizeEventsResponse.dispatch,
}
