"""Renews the index of shipped networks: python -m tests.identifying.renew"""

from __future__ import annotations

from resdsl.identifying.index import INDEX, index_text
from resdsl.identifying.networks import entries

if __name__ == "__main__":
    INDEX.write_text(index_text(entries()), encoding="utf-8")
