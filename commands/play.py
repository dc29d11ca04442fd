"""Plays a verb's playbook for the clients that were named, and prints what it came to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet.exits import Exit, UsageError

if TYPE_CHECKING:
    from fleet.remedies import Situation


def play(
    situation: Situation,
    vault_password_file: str | None,
    variables: dict,
    playbook: Path,
    *,
    plan: bool,
    as_json: bool,
    strict: bool,
    verbose: bool,
) -> Exit:
    """Run a playbook for the clients that were asked for, show it, print the report; returns the exit status.

    vault_password_file: opened already. Raises UsageError where nothing could be begun.
    """
    from fleet import hooks, outcome, report, runner, view
    from fleet.inventory import find_clients

    verb, inventory = situation.verb, situation.inventory
    clients = find_clients(inventory, situation.clients, vault_password_file)
    settings = {} if plan else hooks.settings_of(clients, inventory, vault_password_file)
    began = time.monotonic()
    with view.watching([each.name for each in clients], plan=plan) as watcher:
        finished = runner.play(
            playbook,
            verb,
            clients,
            inventory,
            observers=[watcher],
            say=watcher.say,
            variables=variables,
            check=plan,
            vault_password_file=vault_password_file,
            verbose=verbose,
            situation=situation,
        )
    results = outcome.outcomes(finished, clients, situation, runner.plays_of(playbook) if plan else None)
    ended = outcome.exit_status(results, strict=strict)
    document = report.document(verb, results, ended, finished.folder, plan=plan)
    try:
        told = hooks.Hooks(verb, finished.recorder, settings, inventory, lambda line: click.echo(line, err=True))
        for each in results:
            finished.recorder.outcome(each)
            told.client_ended(each, seconds=time.monotonic() - began)
        told.run_ended(results, ended)
        told.close()
        finished.recorder.finish(document, ended)
    except UsageError as error:  # what was done is done, and is told
        click.echo(str(error), err=True)
    if as_json:
        click.echo(report.dumped(document))
    else:
        click.echo(report.plan(results, finished.folder) if plan else report.text(verb, results, finished.folder))
    return ended
