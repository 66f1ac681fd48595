"""The command `resdsl`, also as `python -m resdsl`."""

from resdsl.interrupts import end_on_signals, ignore_signals


def main() -> None:
    """Run the command and exit, handling signals; before this call, Python handles them."""
    end_on_signals()
    # Imported here, so that a signal finds its handler while click and the rest are read.
    from resdsl.cli.main import main as command

    try:
        command()
    finally:
        ignore_signals()


if __name__ == "__main__":
    main()
