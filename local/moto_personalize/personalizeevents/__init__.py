"""Amazon Personalize Events: a service of its own beside Amazon Personalize, as moto has `iotdata` beside `iot`.

In moto's own layout. moto's server would have to be told of its path: it goes by the name that a request is signed
with, which is `personalize` for both.
"""

from .models import personalizeevents_backends  # noqa: F401
