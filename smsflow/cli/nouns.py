"""A group of commands about one noun."""

import typer


def noun(help_: str) -> typer.Typer:
    """Return an empty group; one that gets a single command is a group all the same."""
    group = typer.Typer(help=help_, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    return group
