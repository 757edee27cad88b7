"""`render`, `features`, `ship` and `new-instance`: what is deployed, and where. No Spark."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from havenlake.cli.exits import told

RootOption = Annotated[Path, typer.Option("--root", help="The repository; found upwards from here by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the machine form.")]
WorkspaceOption = Annotated[str, typer.Option("-w", "--workspace", help="Workspace, such as ctl-dev.")]
SomeWorkspaceOption = Annotated[
    str | None, typer.Option("-w", "--workspace", help="One workspace; all deployed ones when left out.")
]


@told
def render(
    workspace: SomeWorkspaceOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file is stale.")] = False,
    root: RootOption = Path(),
) -> None:
    """Write the files that Terraform reads: jobs and monitors of every deployed workspace."""
    from havenlake.config import find_root, load_project
    from havenlake.deploy.rendering import check_fresh, deployed_workspaces, rendered_files, write_files

    folder = find_root(root)
    project = load_project(folder)
    files: dict[str, str] = {}
    for name in [workspace] if workspace else deployed_workspaces(project):
        files |= rendered_files(project, name)
    if check:
        check_fresh(folder, files)
        sys.stderr.write(f"{len(files)} file(s) are fresh\n")
        return
    for path in write_files(folder, files):
        sys.stdout.write(f"{path}\n")
    sys.stderr.write(f"{len(files)} file(s) rendered\n")


@told
def ship(
    workspace: WorkspaceOption,
    wheel: Annotated[Path | None, typer.Option("--wheel", help="Upload this wheel too, to the releases.")] = None,
    list_files: Annotated[
        bool, typer.Option("--list", help="Print what would be uploaded, and upload nothing.")
    ] = False,
    root: RootOption = Path(),
) -> None:
    """Upload an instance's copy of configuration and notebooks to its workspace, and the wheel that it pins."""
    from havenlake.config import find_root, load_project
    from havenlake.deploy.jobs import deployment_of
    from havenlake.deploy.names import check_wheel, repository_path, wheel_path
    from havenlake.deploy.shipping import shipped_files
    from havenlake.runtime.uploads import upload_copy, upload_wheel, workspace_client

    folder = find_root(root)
    config = load_project(folder, workspace).workspace(workspace)
    release, files = deployment_of(config).release, shipped_files(config)
    if wheel is not None:
        check_wheel(wheel.name, release)
    if list_files:
        sys.stdout.write("".join(f"{file}\n" for file in files))
        return
    client = workspace_client(deployment_of(config).host)
    if wheel is not None:
        new = upload_wheel(wheel, wheel_path(config.vars.catalogs.operations, release), client)
        sys.stderr.write(f"{wheel.name}: {'uploaded' if new else 'there already'}\n")
    count = upload_copy(folder, files, repository_path(workspace), client)
    sys.stderr.write(f"{count} file(s) uploaded to {repository_path(workspace)}\n")


@told
def features(root: RootOption = Path(), as_json: JsonOption = False) -> None:
    """Show what is switched on in which instance, and the release that each runs."""
    from havenlake.cli.config_commands import print_table
    from havenlake.config import find_root, load_project
    from havenlake.deploy.features import feature_rows, feature_table

    found = feature_table(load_project(find_root(root)))
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    rows = [(row, *(_word(values[row]) for values in found.values())) for row in feature_rows()]
    print_table(("", *found), rows)


def _word(value: str | bool) -> str:
    return value if isinstance(value, str) else {True: "on", False: "off"}[value]


@told
def new_instance(  # noqa: PLR0913  every option is a fact of the instance
    *,
    name: Annotated[str, typer.Argument(help="Name, such as ctl-uk-prod.")],
    country: Annotated[str, typer.Option("--country", help="Two letters; the zone follows from it.")],
    owner: Annotated[str, typer.Option("--owner", help="E-mail address of who answers for it.")],
    workspace_id: Annotated[str, typer.Option("--workspace-id", help="Number of the Databricks workspace.")],
    aws_account: Annotated[str, typer.Option("--aws-account", help="AWS account of the zone.")],
    host: Annotated[str | None, typer.Option("--host", help="Address of the Databricks workspace.")] = None,
    environment: Annotated[str, typer.Option("--environment", help="prod or dev.")] = "prod",
    region: Annotated[str | None, typer.Option("--region", help="The zone's first one when left out.")] = None,
    language: Annotated[list[str] | None, typer.Option("--language", help="Languages; may be repeated.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Time zone of its schedules.")] = None,
    datadog_site: Annotated[str | None, typer.Option("--datadog-site", help="Where telemetry goes.")] = None,
    like: Annotated[str | None, typer.Option("--like", help="The instance to start from.")] = None,
    root: RootOption = Path(),
) -> None:
    """Make a complete new instance: facts, jobs, tables, units, rendered files. Writes nothing unless all is valid."""
    from datetime import date

    from havenlake.config import find_root, load_project
    from havenlake.deploy.instance import Wanted, write_instance
    from havenlake.deploy.instance import new_instance as made

    folder = find_root(root)
    wanted = Wanted(
        name,
        country,
        owner,
        workspace_id,
        aws_account,
        host=host,
        environment=environment,
        region=region,
        languages=tuple(language or ()),
        timezone=timezone,
        datadog_site=datadog_site,
        like=like,
    )
    files = made(load_project(folder), wanted, date.today())  # noqa: DTZ011  # an expiry is a calendar day
    write_instance(folder, files)
    sys.stdout.write("".join(f"{path}\n" for path in files))
    sys.stderr.write(f"{name} is made, with its schedules off; docs/how-to/deploy.md tells what comes next\n")
