"""Paragraphs as the README has them."""

import textwrap


def paragraph(*sentences: str) -> str:
    """Sentences, wrapped as Markdown is here."""
    return textwrap.fill(" ".join(filter(None, sentences)), 120, break_on_hyphens=False, break_long_words=False)
