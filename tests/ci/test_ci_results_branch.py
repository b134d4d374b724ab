"""Results on a branch: nobody's are lost."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import git

from antigil.ci import results_branch as store
from antigil.ci.asv_files import read_suite, stamp, write_suite
from antigil.ci.merge_results import merge
from antigil.errors import UserError

WORKLOADS = (Planned("work.One", "one", {0: Behaviour()}),)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Generate a project with results, whose origin is a bare repository; return folder and hashes."""
    root = tmp_path / "project"
    hashes = generate(Plan(commits=6, workloads=WORKLOADS), root)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin.git")], check=True)
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    monkeypatch.chdir(root)
    return root, hashes


def part(root, to, *hashes):
    """Copy the results of some commits to a folder of their own."""
    for file in (root / "results/alpha").iterdir():
        if file.name == "machine.json" or any(file.name.startswith(h[:8]) for h in hashes):
            (to / "alpha").mkdir(parents=True, exist_ok=True)
            (to / "alpha" / file.name).write_bytes(file.read_bytes())
    return to


def stored(tmp_path):
    """Return the names of the files on the branch."""
    listed = git(tmp_path / "origin.git", "ls-tree", "-r", "--name-only", "results").split()
    return sorted(name.rpartition("/")[2] for name in listed)


def test_a_branch_that_is_missing_at_first_is_made(project, tmp_path):
    root, hashes = project

    assert not store.fetch_results(root / "fetched", "results")
    assert store.push_results([part(root, tmp_path / "a", hashes[0])], "results")
    assert store.fetch_results(root / "fetched", "results")
    assert (root / "fetched/alpha/machine.json").exists()


def test_adding_the_same_again_makes_no_commit(project, tmp_path):
    root, hashes = project
    folder = part(root, tmp_path / "a", hashes[0])

    assert store.push_results([folder], "results")
    assert not store.push_results([folder], "results")


def test_a_writer_that_comes_too_late_adds_on_top_of_the_faster_one(project, tmp_path, monkeypatch):
    root, hashes = project
    ours, theirs = (part(root, tmp_path / name, h) for name, h in (("a", hashes[0]), ("b", hashes[1])))
    run, pauses = store.git.run, []

    def overtaken(folder, *words, **options):
        if words[0] == "push":
            monkeypatch.setattr(store.git, "run", run)
            store.push_results([theirs], "results")
        return run(folder, *words, **options)

    monkeypatch.setattr(store.git, "run", overtaken)

    assert store.push_results([ours], "results", pause=pauses.append)
    assert len(pauses) == 1
    assert {name[:8] for name in stored(tmp_path)} >= {hashes[0][:8], hashes[1][:8]}


def test_two_who_measured_the_same_commit_keep_the_benchmarks_of_both(project, tmp_path):
    root, hashes = project
    one, other = (part(root, tmp_path / name, hashes[0]) for name in ("a", "b"))
    (first,) = (one / "alpha").glob(f"{hashes[0][:8]}*")
    (second,) = (other / "alpha").glob(f"{hashes[0][:8]}*")
    everything = json.loads(first.read_text())
    for file, drop in ((first, "work.One.track_slowdown"), (second, "work.One.track_stall")):
        fewer = json.loads(file.read_text())
        del fewer["results"][drop]
        file.write_text(json.dumps(fewer))

    store.push_results([one], "results")
    store.push_results([other], "results")
    store.fetch_results(root / "fetched", "results")

    (merged,) = (root / "fetched/alpha").glob(f"{hashes[0][:8]}*")
    assert json.loads(merged.read_text())["results"] == everything["results"]


def test_remembered_changes_of_both_are_kept_line_by_line(tmp_path):
    for name, lines in (("a", '{"n": 1}\n{"n": 2}\n'), ("b", '{"n": 2}\n{"n": 3}\n')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "antigil-alerts.jsonl").write_text(lines)

    merge(tmp_path / "b", tmp_path / "a")

    assert (tmp_path / "a/antigil-alerts.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n{"n": 3}\n'


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_links_and_other_files_do_not_reach_the_branch(project, tmp_path):
    root, hashes = project
    folder = part(root, tmp_path / "a", hashes[0])
    (folder / "alpha/link.json").symlink_to("/etc/hostname")
    (folder / "alpha/program.py").write_text("")

    store.push_results([folder], "results")

    assert [name for name in stored(tmp_path) if name in ("link.json", "program.py")] == []


def test_a_folder_that_is_not_there_is_refused(project, tmp_path):
    with pytest.raises(UserError, match="no folder"):
        store.push_results([tmp_path / "nowhere"], "results")


def test_a_push_that_fails_for_another_reason_is_not_tried_again(project, tmp_path):
    root, hashes = project
    refusing_hook(tmp_path, "echo no quota left >&2; exit 1")
    folder, pauses = part(root, tmp_path / "a", hashes[0]), []

    with pytest.raises(UserError, match="no quota left"):
        store.push_results([folder], "results", pause=pauses.append)
    assert pauses == []


@pytest.mark.parametrize(
    "said",
    [
        "error: remote unpack failed: unable to create temporary object directory",
        "fatal: could not open '.git/objects/pack/tmp_pack_6x1': No space left on device",
        "error: cannot lock ref 'refs/heads/results': Unable to create 'results.lock': Read-only file system",
        "fatal: repository '/srv/other.git' does not exist",
    ],
)
def test_a_disk_or_an_address_that_stays_as_it_is_is_not_tried_again(project, tmp_path, monkeypatch, said):
    root, hashes = project
    folder, pauses = part(root, tmp_path / "a", hashes[0]), []
    let_pushes_fail(monkeypatch, said, lambda: True)

    with pytest.raises(UserError, match=re.escape(said)):
        store.push_results([folder], "results", pause=pauses.append)
    assert pauses == []


@pytest.mark.parametrize(("there", "ours"), [("results/nightly", "results"), ("asv", "asv/results")])
def test_a_branch_whose_name_is_in_the_way_is_told_by_name_and_at_once(project, tmp_path, there, ours):
    root, hashes = project
    git(root, "push", "-q", "origin", f"HEAD:refs/heads/{there}")
    folder, pauses = part(root, tmp_path / "a", hashes[0]), []

    with pytest.raises(UserError, match=f"beside {there}: delete that one, or name another one"):
        store.push_results([folder], ours, pause=pauses.append)
    assert pauses == []


def let_pushes_fail(monkeypatch, said, now):
    """Have git say something instead of pushing, whenever a function tells that it should."""
    run = store.git.run

    def told(folder, *words, **options):
        if words[0] == "push" and now():
            return store.git.GitOutput(1, "", said)
        return run(folder, *words, **options)

    monkeypatch.setattr(store.git, "run", told)


def refusing_hook(tmp_path, script):
    """Let the server run a script before it takes a push."""
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


@pytest.mark.parametrize(
    "said",
    [
        "! [remote rejected] HEAD -> results (Internal Server Error)",
        "! [remote rejected] HEAD -> results (failure)",
        "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502",
        "The requested URL returned error: 429",
        "remote: fatal error in commit_refs",
    ],
)
def test_a_refusal_of_the_server_that_passes_is_tried_again(project, tmp_path, monkeypatch, said):
    root, hashes = project
    folder, pauses = part(root, tmp_path / "a", hashes[0]), []
    whole = f"{said}\nerror: failed to push some refs to 'https://github.com/a/b'"
    let_pushes_fail(monkeypatch, whole, lambda: not pauses)

    assert store.push_results([folder], "results", pause=pauses.append)
    assert len(pauses) == 1


def test_who_was_overtaken_tries_again_whatever_the_repository_is_called(project, tmp_path, monkeypatch):
    root, hashes = project
    folder, pauses = part(root, tmp_path / "a", hashes[0]), []
    said = "To https://github.com/a/permission-declined\n ! [rejected] HEAD -> results (fetch first)"
    let_pushes_fail(monkeypatch, said, lambda: not pauses)

    assert store.push_results([folder], "results", pause=pauses.append)
    assert len(pauses) == 1


def test_a_branch_that_is_somebody_elses_is_neither_written_to_nor_read(project, tmp_path):
    root, hashes = project
    git(root, "push", "-q", "origin", "HEAD:results")
    before = git(tmp_path / "origin.git", "rev-parse", "results")

    with pytest.raises(UserError, match=f"the branch results has no file {store.BRANCH_MARK_FILE}"):
        store.push_results([part(root, tmp_path / "a", hashes[0])], "results")
    with pytest.raises(UserError, match="was not made by antigil"):
        store.fetch_results(tmp_path / "fetched", "results")

    assert git(tmp_path / "origin.git", "rev-parse", "results") == before
    assert not (tmp_path / "fetched").exists()


def test_with_nothing_measured_no_branch_is_made(project, tmp_path):
    (tmp_path / "a").mkdir()

    assert not store.push_results([tmp_path / "a"], "results")
    assert git(tmp_path / "origin.git", "branch") == ""


def test_what_is_damaged_on_the_branch_is_replaced(project, tmp_path, capsys):
    root, hashes = project
    folder = part(root, tmp_path / "a", hashes[0])
    (folder / "benchmarks.json").write_text((root / "results/benchmarks.json").read_text())
    (folder / "antigil-alerts.jsonl").write_text('{"n": 1}\n')
    damaged = tmp_path / "damaged"
    (damaged / "alpha").mkdir(parents=True)
    for file in folder.rglob("*.json*"):
        (damaged / file.relative_to(folder)).write_text('{"n": 2}\n{"version"')

    assert merge(folder, damaged) == []

    assert read_suite(damaged / "benchmarks.json") == read_suite(folder / "benchmarks.json")
    assert (damaged / "antigil-alerts.jsonl").read_text() == '{"n": 2}\n{"n": 1}\n'
    assert "benchmarks.json could not be read and is replaced" in capsys.readouterr().err
    assert merge(damaged, tmp_path / "again") == []


def test_a_network_that_fails_for_a_while_is_waited_for(project, tmp_path, monkeypatch):
    root, hashes = project
    git(root, "remote", "set-url", "origin", "git://127.0.0.1:1/nobody-listens-here")
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{(tmp_path / 'origin.git').as_uri()}.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "git://127.0.0.1:1/nobody-listens-here")

    assert store.push_results([part(root, tmp_path / "a", hashes[0])], "results", pause=pause)
    assert len(pauses) == 1
    assert [name for name in stored(tmp_path) if name.startswith(hashes[0][:8])]


def test_a_network_that_never_comes_back_is_given_up_in_one_line(project):
    root, _ = project
    git(root, "remote", "set-url", "origin", "git://127.0.0.1:1/nobody-listens-here")
    pauses = []

    with pytest.raises(UserError, match=f"given up after {store.ATTEMPTS} attempts: git ls-remote failed"):
        store.fetch_results(root / "fetched", "results", pause=pauses.append)
    assert 60 < sum(pauses) < 600


def test_a_file_that_was_cut_off_is_left_out_and_all_others_are_stored(project, tmp_path):
    root, hashes = project
    whole, cut = (part(root, tmp_path / name, h) for name, h in (("a", hashes[0]), ("b", hashes[1])))
    (broken,) = (cut / "alpha").glob(f"{hashes[1][:8]}*")
    broken.write_text(broken.read_text()[:200])

    with pytest.raises(UserError, match=f"all else is stored, but alpha.{hashes[1][:8]}.* is left out"):
        store.push_results([cut, whole], "results")

    kept = [name for name in stored(tmp_path) if name.startswith((hashes[0][:8], hashes[1][:8]))]
    assert [name[:8] for name in kept] == [hashes[0][:8]]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (({"name": "new"}, 8), {"name": "new"}),
        (({"name": "new"}, 7), {"name": "new", "other": "old"}),
        (({"name": "new", "third": "new"}, 6), {"name": "old", "other": "old"}),
        (({"name": "new", "third": "new"}, None), {"name": "new", "third": "new", "other": "old"}),
    ],
)
def test_what_the_newest_checkout_says_of_the_suite_stands(tmp_path, capsys, ours, expected):
    """A checkout of time 7 wrote the branch's; a file whose checkout is not known removes nothing."""
    for folder, (told, made) in (("branch", ({"name": "old", "other": "old"}, 7)), ("ours", ours)):
        file = tmp_path / folder / "benchmarks.json"
        write_suite(file, {name: {"name": name, "version": version} for name, version in told.items()})
        stamp(file, made, {}, file)

    assert merge(tmp_path / "ours", tmp_path / "branch") == []

    found = read_suite(tmp_path / "branch/benchmarks.json")
    assert {name: told["version"] for name, told in found.items()} == expected
    is_older = ours[1] is not None and ours[1] < 7
    assert ("benchmarks.json is kept" in capsys.readouterr().err) is is_older


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands in for git")
def test_the_token_reaches_git_through_the_environment_only(project, tmp_path, monkeypatch):
    """A program that stands before git on the PATH sees what every process of the system sees: arguments."""
    root, hashes = project
    seen = tmp_path / "seen"
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    real = shutil.which("git")
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" "ENV $GIT_CONFIG_VALUE_0" >> {seen}\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("GH_TOKEN", "ghs_s3cret")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")

    store.push_results([part(root, tmp_path / "a", hashes[0])], "results")
    store.fetch_results(tmp_path / "fetched", "results")

    basic = base64.b64encode(b"x-access-token:ghs_s3cret").decode()
    arguments = [line for line in seen.read_text().splitlines() if not line.startswith("ENV")]
    assert {line.split()[0] for line in arguments if not line.startswith("-C")} >= {"ls-remote", "clone"}
    assert not any(secret in line for line in arguments for secret in ("s3cret", basic))
    assert f"ENV AUTHORIZATION: basic {basic}" in seen.read_text().splitlines()
    assert basic not in "".join(
        file.read_text(errors="replace") for file in tmp_path.glob("*.git/**/*") if file.is_file()
    )
