"""`resdsl list`: lists the shipped networks and sweeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from resdsl.report.figures import count_text


@click.command("list")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="List the networks of the zoo too.")
@click.option("--studies", is_flag=True, help="List the shipped sweeps for `resdsl sweep` instead of the networks.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(names: tuple[str, ...], everything: bool, studies: bool, form: str) -> None:
    """List the shipped networks with their depth, parameters and multiply-adds, or the shipped sweeps.

    Those of the residual family are listed. --all lists the zoo too: all other convolutional networks that are shipped.
    NAMES are networks, or files of several, such as `efficientnet`; they alone are listed.
    """
    if studies and (names or everything):
        raise click.UsageError("--studies lists sweeps; it goes with neither --all nor names of networks")
    if studies:
        _list_studies(form)
    else:
        _list_networks(names, everything, form)


def _list_networks(names: tuple[str, ...], everything: bool, form: str) -> None:
    from resdsl.resources import shipped_specs, shipped_studies, zoo_specs

    paths = (*shipped_specs(), *(zoo_specs() if everything or names else ()))
    _refuse_unknown(names, paths)
    rows = [row for path in paths for row in _rows(path, names)]
    if form == "json":
        keys = ("name", "file", "input", "depth", "params", "macs")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    wide, long = max(len(row[0]) for row in rows), max(len(row[2]) for row in rows)
    click.echo(f"{'network':{wide}}  {'input':>{long}}  {'depth':>5}  {'parameters':>10}  {'multiply-adds':>13}")
    for name, _, shape, depth, params, macs in rows:
        click.echo(f"{name:{wide}}  {shape:>{long}}  {depth:>5}  {count_text(params):>10}  {count_text(macs):>13}")
    if names:
        return
    click.echo(f"\nstudies, for `resdsl sweep`: {', '.join(path.stem for path in shipped_studies())}")
    if not everything:
        click.echo(f"more networks, listed with --all: {', '.join(_families(zoo_specs()))}")


_Row = tuple[str, str, str, int, int, int]
"""A network: its name, its file, its input, and its depth, parameters and multiply-adds."""


def _rows(path: Path, names: tuple[str, ...]) -> Iterator[_Row]:
    """The networks of a file, or those of them that are named; the name of the file means all."""
    from resdsl.analysis.costs import network_costs
    from resdsl.catalogue import name_of, networks_of
    from resdsl.compiler import read_spec
    from resdsl.ir.text import input_texts
    from resdsl.source import read_source

    wanted = [name for name in networks_of(path) if not names or {name, path.stem} & {*names}]
    if not wanted:
        return
    spec = read_spec(read_source(path, name_of(path)), import_path=(path.parent,))
    for name in wanted:
        network = spec.build(name).network
        costs = network_costs(network)
        shape = ", ".join(input_texts(network))
        yield name, name_of(path).removeprefix("specs/"), shape, costs.depth, costs.params, costs.macs


def _refuse_unknown(names: tuple[str, ...], paths: tuple[Path, ...]) -> None:
    """Refuse a name that is neither that of a network nor that of a file of networks."""
    from resdsl.catalogue import networks_of
    from resdsl.diagnostics.suggest import did_you_mean
    from resdsl.printable import one_line

    known = [name for path in paths if names for name in (path.stem, *networks_of(path))]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise click.UsageError(f"no shipped network is called `{one_line(name)}`" + (f"; {hint}" if hint else ""))


def _families(paths: tuple[Path, ...]) -> list[str]:
    """The names of the files that have networks."""
    from resdsl.catalogue import networks_of

    return [path.stem for path in paths if networks_of(path)]


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
