"""`resdsl list`: lists the shipped networks and sweeps."""

from __future__ import annotations

import json

import click

from resdsl.report.figures import count_text


@click.command("list")
@click.option("--studies", is_flag=True, help="List the shipped sweeps for `resdsl sweep` instead of the networks.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(form: str, studies: bool) -> None:
    """List the shipped networks with their depth, parameters and multiply-adds, or the shipped sweeps."""
    if studies:
        _list_studies(form)
    else:
        _list_networks(form)


def _list_networks(form: str) -> None:
    from resdsl.analysis.costs import network_costs
    from resdsl.compiler import read_spec
    from resdsl.resources import shipped_specs, shipped_studies
    from resdsl.source import read_source

    rows = []
    for path in shipped_specs():
        spec = read_spec(read_source(path, f"specs/{path.name}"))
        for name in spec.networks:
            network = spec.build(name).network
            costs = network_costs(network)
            shape = "x".join(map(str, network.inputs[0].shape))
            rows.append((name, path.name, shape, costs.depth, costs.params, costs.macs))
    if form == "json":
        keys = ("name", "file", "input", "depth", "params", "macs")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    wide, long = max(len(row[0]) for row in rows), max(len(row[2]) for row in rows)
    click.echo(f"{'network':{wide}}  {'input':>{long}}  {'depth':>5}  {'parameters':>10}  {'multiply-adds':>13}")
    for name, _, shape, depth, params, macs in rows:
        click.echo(f"{name:{wide}}  {shape:>{long}}  {depth:>5}  {count_text(params):>10}  {count_text(macs):>13}")
    click.echo(f"\nstudies, for `resdsl sweep`: {', '.join(path.stem for path in shipped_studies())}")


def _list_studies(form: str) -> None:
    """The sweeps of each study, with their networks and numbers of points."""
    from resdsl.compiler import read_spec
    from resdsl.resources import shipped_studies
    from resdsl.source import read_source

    rows = []
    for path in shipped_studies():
        spec = read_spec(read_source(path, f"specs/studies/{path.name}"))
        for name in spec.sweeps:
            plan = spec.sweep(name).plan
            networks = ", ".join(dict.fromkeys(network.name for network in plan.networks.values()))
            rows.append((path.stem, name, networks, plan.size))
    if form == "json":
        keys = ("study", "sweep", "networks", "points")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    study, sweep, network = (max(len(str(row[at])) for row in rows) for at in range(3))
    click.echo(f"{'study':{study}}  {'sweep':{sweep}}  {'network':{network}}  points")
    for row in rows:
        click.echo(f"{row[0]:{study}}  {row[1]:{sweep}}  {row[2]:{network}}  {row[3]:>6}")
