"""What a manifest says of a point and its network, whatever is made of them."""

from __future__ import annotations

from hashlib import sha256

from resdsl.ir.json import to_json
from resdsl.ir.network import Network
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.point import Point
from resdsl.sweeps.units.manifest import VERSION, Json


def point_head(point: Point, sweep: str) -> Json:
    """The part of a manifest about a point, which is known without its network."""
    costs = point.costs
    figures = {name: getattr(costs, name) for name in ("depth", "params", "macs", "activations")}
    return {
        "resdsl_point": VERSION,
        "sweep": sweep,
        "name": point.name,
        "network": point.network,
        "parameters": point.plain,
        "costs": figures,
    }


def as_json(network: Network) -> tuple[str, Json]:
    """A network as JSON without the figures that its text states, and the part of a manifest about it."""
    # What the text states was checked when the point was costed, and where it states it plays no part.
    text = to_json(network.replace(expectations=()))
    hashes = {"sha256": sha256(text.encode()).hexdigest(), "canonical": network_hash(network)}
    return text, {"ir": hashes}
