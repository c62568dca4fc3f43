"""Amazon Personalize for moto, which itself has schemas only.

`personalize` and `personalizeevents` are laid out like moto's own services, and extend what moto has. Beside them, in
the same layout, is the Personalize that this repository is tested with: `Guesses` switch what it does where the
service's documentation leaves that open.
"""

import re
import sys

from moto.backend_index import backend_url_patterns
from moto.personalize.models import personalize_backends

from . import personalizeevents
from .guesses import Guesses
from .models import PersonalizeBackend
from .personalizeevents.urls import url_bases as events_url_bases

__all__ = ["Guesses", "PersonalizeBackend", "guess", "personalize_backends", "register"]


def register(guesses: Guesses | None = None) -> None:
    """Have moto use this backend, under `mock_aws` and in its server, from the next request on.

    moto has no plug-in mechanism, and finds a service's backends by its own module names. But they are made
    on demand, from a class which its dictionary of backends holds, and a backend finds its URLs beside the
    module that defines it: so it is enough to put another class there, and to drop the backends which moto
    has made before. moto's server binds a service's URLs at that service's first request; register before.

    Calling it again changes nothing but the guesses, if given: those that a new backend starts with, as
    does one that is reset. To switch one backend's guesses, replace its `guesses`.
    """
    if guesses is not None:
        PersonalizeBackend.default_guesses = guesses
    if personalize_backends.backend is not PersonalizeBackend:
        personalize_backends.backend = PersonalizeBackend
        personalize_backends.clear()
    if "moto.personalizeevents" not in sys.modules:
        sys.modules["moto.personalizeevents"] = personalizeevents
        backend_url_patterns.extend(("personalizeevents", re.compile(base)) for base in events_url_bases)


def guess(guesses: Guesses) -> None:
    """Switch the guesses of all backends, of those that are there and of those to come; nothing else changes."""
    register(guesses)
    for _, _, backend in personalize_backends.iter_backends():
        if isinstance(backend, PersonalizeBackend):
            backend.guesses = guesses
