"""Runs a network's yearly agenda by mail.

The story, in the order in which data flows:

    people, agenda, answers so far, news -> what is due -> composed once -> outbox -> sent
    -> what comes back -> the record

Every step is a folder of that name; ``pipeline.py`` tells the story as code, and nothing
imports a later step.
"""

__version__ = "0.1.0"
