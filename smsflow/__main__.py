"""`python -m smsflow`: the same as the command `smsflow`."""

from smsflow.cli import main

if __name__ == "__main__":
    main()
