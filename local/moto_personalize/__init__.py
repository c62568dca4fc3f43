"""Event trackers, their events, dataset groups, datasets and tags for moto's Amazon Personalize.

moto itself has the schema operations only. The files are laid out like those of a moto service, and what
they define extends what moto has.
"""

import re

from moto.backend_index import backend_url_patterns
from moto.personalize.models import personalize_backends

from .guesses import Guesses
from .models import PersonalizeBackend
from .urls import url_bases

__all__ = ["Guesses", "PersonalizeBackend", "personalize_backends", "register"]


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
        # moto's index of hosts knows the first of these already. Its server goes by the signature, which is in
        # the name of `personalize` for the events, too.
        backend_url_patterns.extend(("personalize", re.compile(base)) for base in url_bases[1:])
