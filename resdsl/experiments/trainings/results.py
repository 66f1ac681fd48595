"""The files about a whole sweep of trainings, kept up to date while it runs: its manifest and `results.csv`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from resdsl.experiments.rows import Row, as_csv, row_of
from resdsl.sweeps.units.manifest import RESULTS, RunManifest, WantedUnit, write_changed
from resdsl.training.run import MANIFEST, RESULT, AnotherRun, read_record


@dataclass
class SweepFiles:
    """The manifest and the results of a sweep of trainings.

    Attributes:
        manifest: the manifest of the run.
    """

    manifest: RunManifest
    _rows: dict[str, Row] = field(default_factory=dict)

    def write(self) -> None:
        """Write both from the folders of all trainings.

        Raises:
            OSError: a file cannot be written.
        """
        for unit in self.manifest.wanted:
            self._read(unit)
        self._write()

    def renew(self, unit: WantedUnit) -> None:
        """Write both again, with what has changed in the folder of one training.

        Raises:
            OSError: a file cannot be written.
        """
        self._read(unit)
        self._write()

    def _read(self, unit: WantedUnit) -> None:
        self._rows.pop(unit.name, None)
        folder = self.manifest.root / unit.folder
        if self.manifest.renew(unit) and (folder / RESULT).exists():
            with suppress(AnotherRun, KeyError):  # damaged: the next run will find out, and train again
                self._rows[unit.name] = row_of(read_record(folder / MANIFEST), read_record(folder / RESULT))

    def _write(self) -> None:
        rows = [self._rows[unit.name] for unit in self.manifest.wanted if unit.name in self._rows]
        write_changed(self.manifest.root / RESULTS, as_csv(rows).encode())
        self.manifest.write()
