"""What resdsl refuses."""

from __future__ import annotations


class Refused(ValueError):
    """Base of all refusals: a text, a file or a wish that no network, or no output, can be made of.

    `SpecError` carries problems of texts; the others say in one message what is wrong with a file of JSON
    or of weights, or with what an output cannot hold. Anything else that is raised is a fault of resdsl.
    """
