"""Event trackers, dataset groups, datasets and tags for moto's Amazon Personalize, which has schemas only.

In moto's own layout: what these classes define belongs in the classes of `moto.personalize` that they extend.
"""

from moto.personalize.models import personalize_backends  # noqa: F401
