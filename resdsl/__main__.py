"""`python -m resdsl` is the command `resdsl`."""

from resdsl.cli.main import main

if __name__ == "__main__":
    main()
