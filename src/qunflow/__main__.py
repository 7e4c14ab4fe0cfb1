"""`python -m qunflow` is the same as the command `qunflow`."""

from qunflow.cli.app import main

if __name__ == "__main__":
    main()
