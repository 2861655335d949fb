"""What continuous integration is given: hooks, action, template, problem matcher.

usage: test_ci.py PROGRAM ROOT [PART]

Each is run as its host would run it, as far as that can be done without the host: pre-commit itself with a repository of
its own, the script of the action with the environment of a runner, the lines of the GitLab job with a shell. Exit 77:
python3-yaml is missing. Where pre-commit or git are not installed, that part says so.
"""

import functools
import glob
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree

try:
    import yaml
except ImportError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

CLASH = "services:\n  a: {image: x, ports: ['8080:80']}\n  b: {image: x, ports: ['8080:81']}\n"
# Settings that make the clash a warning, and a warning a failure.
STRICT = "rules: {KP101: warning}\nfail-on: warning\n"
CLEAN = "services:\n  a: {image: x, ports: ['8080:80']}\n"
EXACT = re.compile(r"[\w.-]+/[\w./-]+@v[0-9]+\.[0-9]+\.[0-9]+")  # an action
FAULTS = []


def expect(holds, words):
    if not holds:
        FAULTS.append(words)


def read(root, *path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def run(*command, cwd, **environment):
    return subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True,
                          check=False)


def on_path(program, folder):
    """A folder that has the program under its own name, and the PATH with it in front."""
    os.makedirs(folder, exist_ok=True)
    os.symlink(os.path.abspath(program), os.path.join(folder, "kportscan"))
    return folder + os.pathsep + os.environ["PATH"]


# --- the problem matcher --------------------------------------------------------------------------------------------
def matched(matchers, line):
    for matcher in matchers:
        pattern = matcher["pattern"][0]
        found = re.search(pattern["regexp"], line)
        if found:
            get = {key: found.group(pattern[key]) for key in ("file", "line", "column", "message", "code")}
            severity = found.group(pattern["severity"]) if "severity" in pattern else matcher["severity"]
            yield {**get, "severity": severity}


def is_of(finding, match):
    """Does this line tell the finding of the JSON report?"""
    severity = {"note": "notice"}.get(finding["severity"], finding["severity"])
    place = finding["parties"][0]["location"]
    wanted = (place["path"], str(place["line"]), str(place["column"]), severity, finding["rule"])
    got = tuple(match[key] for key in ("file", "line", "column", "severity", "code"))
    return wanted == got and match["message"].startswith(finding["message"])


def check_matcher(program, root, work):
    matchers = json.loads(read(root, "manifests/ci/github/kportscan-matcher.json"))["problemMatcher"]
    lines = 0
    for case in sorted(glob.glob(os.path.join(root, "manifests/examples/*/*/cmd"))):
        folder = os.path.dirname(case)
        arguments = read(folder, "cmd").split()
        variables = read(folder, "env") if os.path.exists(os.path.join(folder, "env")) else ""
        run_case = functools.partial(run, program, *arguments, cwd=folder,
                                     **dict(line.split("=", 1) for line in variables.splitlines()))
        report = json.loads(run_case("-o", "json").stdout)
        if report["mode"] != "check":
            continue  # the lines of a question name no place in a file
        findings = report["findings"]
        for color in ("never", "always"):
            output = run_case("-o", "short", "--color", color).stdout.splitlines()
            for line in output:
                hits = list(matched(matchers, line))
                expect(len(hits) == 1, f"{len(hits)} matchers take {line!r}")
                expect(all(any(is_of(finding, hit) for finding in findings) for hit in hits),
                       f"no finding of the JSON report is what the matcher reads in {line!r}: {hits}")
            expect(len(output) == len(findings), f"{folder}: {len(output)} lines for {len(findings)} findings")
            lines += len(output)
    expect(lines > 80, f"only {lines} lines were tried")
    note = "a b.yaml:3:4: note: words: more [KP905]"
    expect([hit["severity"] for hit in matched(matchers, note)] == ["notice"], "a note is not taken as a notice")
    for other in ("compose.yaml: 9 ports, no clash", "2 errors in 1 file (4 published ports checked)",
                  "kportscan: no such file: x.yaml:1:2: error: [KP101] was not found"):
        expect(not list(matched(matchers, other)), f"a matcher takes {other!r}")
    print(f"matcher: {lines} lines read as the JSON report has them")


# --- pre-commit -----------------------------------------------------------------------------------------------------
def check_hooks(program, root, work):
    hooks = {hook["id"]: hook for hook in yaml.safe_load(read(root, ".pre-commit-hooks.yaml"))}
    for name, hook in hooks.items():
        expect(hook["pass_filenames"] is False and hook["require_serial"] is True, f"{name} is run file by file")
        for path in ("compose.yaml", "a/b.yml", "x.json", ".env", "shop/.env.prod"):
            expect(re.search(hook["files"], path), f"{name} is not run when {path} changes")
        for path in ("main.c", "my.environment", "yaml"):
            expect(not re.search(hook["files"], path), f"{name} is run when {path} changes")
    docker = read(root, "Dockerfile")
    expect(f'ENTRYPOINT ["{hooks["kportscan-docker"]["entry"]}"]' in docker, "the hook's entry is not in the image")
    if not shutil.which("pre-commit") or not shutil.which("git"):
        print("SKIP: pre-commit or git is not installed, its hooks were only read")
        return
    source, project = os.path.join(work, "hooks"), os.path.join(work, "project")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    for folder in (source, project):
        os.makedirs(folder)
        run(*git, "init", "-q", cwd=folder)
    shutil.copy(os.path.join(root, ".pre-commit-hooks.yaml"), source)
    environment = {"PRE_COMMIT_HOME": os.path.join(work, "cache"), "PATH": on_path(program, os.path.join(work, "bin")),
                   "PRE_COMMIT_COLOR": "never"}
    valid = run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", cwd=source, **environment)
    expect(valid.returncode == 0, f"pre-commit validate-manifest: {valid.stdout}{valid.stderr}")
    run(*git, "add", ".", cwd=source)
    run(*git, "commit", "-qm", "hooks", cwd=source)
    os.makedirs(os.path.join(project, "shop"))
    for text, code in ((CLASH, 1), (CLEAN, 0)):
        write(project, "shop/compose.yaml", text)
        write(project, "other.yaml", "a: 1\n")
        run(*git, "add", ".", cwd=project)
        done = run("pre-commit", "try-repo", source, "kportscan", "--all-files", cwd=project, **environment)
        expect(done.returncode == code, f"pre-commit: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        expect(done.stdout.count("[KP101]") == code, f"pre-commit says\n{done.stdout}")
    print("pre-commit: a clash stops the commit, once for all files")


# --- the GitHub action ----------------------------------------------------------------------------------------------
def check_action_file(root):
    action = yaml.safe_load(read(root, "action.yml"))
    text = read(root, "action.yml")
    expect(action["name"] and action["description"] and action["runs"]["using"] == "composite", "not a composite action")
    used = set(re.findall(r"\binputs\.([a-z-]+)", text))
    expect(used == set(action["inputs"]), f"inputs {sorted(action['inputs'])}, used {sorted(used)}")
    for step in action["runs"]["steps"]:
        if "run" in step:
            expect("shell" in step, "a step has no shell")
            expect("${{" not in step["run"], "an expression stands in a script")
        else:
            expect(EXACT.fullmatch(step["uses"]), f"{step['uses']} names no exact version")
    script = re.search(r"\$GITHUB_ACTION_PATH/([^\"]+)", text).group(1)
    expect(os.path.isfile(os.path.join(root, script)), f"there is no {script}")
    return script


def obeyed(log):
    """The lines of a log that a runner takes as commands: those between stop-commands and its token are none."""
    token = None
    for line in log.splitlines():
        stop = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", line)
        if token:
            token = None if line == f"::{token}::" else token
        elif stop:
            token = stop.group(1)
        elif line.lstrip().startswith("::") or "##[" in line:
            yield line


def check_action_settings(act, work):
    """The settings of the repository hold unless an input says otherwise; what its files say is no command."""
    folder = tempfile.mkdtemp(dir=work)
    write(folder, "compose.yaml", CLASH.replace("'8080:81']}", "'8080:81']} # ##[stop-commands]x"))
    write(folder, ".kportscan.yaml", STRICT)
    for arguments in ("--lint .", "--lint -- ."):
        done = act(folder, arguments, "error")
        expect(done.returncode == 0, f"fail-on error, {arguments}: exit {done.returncode}\n{done.stdout}")
        done = act(folder, arguments)
        expect(done.returncode == 1, f"no fail-on, {arguments}: exit {done.returncode}\n{done.stdout}")
    expect("##\\x5bstop-commands]x" in done.stdout, f"the line of the clash is not shown\n{done.stdout}")
    expect(all(line.startswith("::warning file=") for line in obeyed(done.stdout)), f"a file commands\n{done.stdout}")
    expect(len(list(obeyed(act(folder, "--lint ##[x] .").stdout))) == 2, "what is wrong with an argument commands")


def check_action(program, root, work):
    script = os.path.join(root, check_action_file(root))
    given = set(re.findall(r"\bKPORTSCAN_ACTION_[A-Z_]+", read(root, "action.yml")))
    expect(given == set(re.findall(r"\bKPORTSCAN_ACTION_[A-Z_]+", read(script))), f"the script reads other names: {given}")
    path = on_path(program, os.path.join(work, "bin"))

    inputs = yaml.safe_load(read(root, "action.yml"))["inputs"]

    def act(folder, arguments="--lint .", level=inputs["fail-on"]["default"]):
        return run("sh", script, cwd=folder, PATH=path, KPORTSCAN_ACTION_ARGS=arguments,
                   KPORTSCAN_ACTION_FAIL_ON=level, KPORTSCAN_ACTION_SARIF="out.sarif",
                   GITHUB_STEP_SUMMARY=os.path.join(work, "summary"), GITHUB_OUTPUT=os.path.join(work, "output"))

    os.makedirs(os.path.join(work, ".git"))  # paths are those of the repository, wherever the action runs
    for name, text, code in (("clash", CLASH, 1), ("clean", CLEAN, 0), ("broken", "services: [\n", 2)):
        folder = os.path.join(work, "shop", name)
        os.makedirs(folder)
        write(folder, "compose.yaml", text)
        write(work, "summary", "")
        write(work, "output", "")
        done = act(folder)
        expect(done.returncode == code, f"{name}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        expect(read(work, "output") == f"exit-code={code}\n", f"{name}: the output is {read(work, 'output')}")
        commands = list(obeyed(done.stdout))
        expect(len(commands) == (code != 0), f"{name}: {commands}")
        expect(all(line.startswith(f"::error file=shop/{name}/compose.yaml,") for line in commands), f"{commands}")
        results = json.loads(read(folder, "out.sarif"))["runs"][0]["results"]
        expect(bool(results) == (code != 0), f"{name}: {len(results)} results in the SARIF report")
        expect(("KP101" in read(work, "summary")) == (code == 1), f"{name}: the summary is\n{read(work, 'summary')}")
    for hostile in ("--lint $(touch${IFS}made)", "--lint `touch made`", "--lint . ; touch made", "--lint *"):
        folder = tempfile.mkdtemp(dir=work)
        write(folder, "compose.yaml", CLEAN)
        done = act(folder, hostile)
        expect(done.returncode == 2 and not os.path.exists(os.path.join(folder, "made")),
               f"{hostile}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    done = act(work, "--no-such-option")
    expect(done.returncode == 2 and "--no-such-option" in done.stdout, f"wrong usage: {done.stdout}{done.stderr}")
    check_action_settings(act, work)
    print("action: log, summary, SARIF and exit code for a clash, a clean project and a broken one")


# --- the workflows of this repository -------------------------------------------------------------------------------
def check_workflows(program, root, work):
    """Exact versions everywhere, no more rights than needed, and no expression inside a script."""
    for path in sorted(glob.glob(os.path.join(root, ".github/workflows/*.yml"))):
        name, workflow = os.path.basename(path), yaml.safe_load(read(path))
        expect(workflow["permissions"] == {"contents": "read"}, f"{name}: every job gets {workflow['permissions']}")
        for job in workflow["jobs"].values():
            expect("timeout-minutes" in job, f"{name}: a job may hang for hours")
            expect(re.search(r"[0-9]+\.[0-9]+$", job["runs-on"]), f"{name} runs on {job['runs-on']}")
            for step in job["steps"]:
                if "uses" in step:
                    expect(EXACT.fullmatch(step["uses"]), f"{name}: {step['uses']} names no exact version")
                else:
                    expect("${{" not in step["run"], f"{name}: an expression stands in a script")
                    for script in re.findall(r"^((?:\./dev|\.ci/run)\b)", step["run"], re.M):
                        expect(os.access(os.path.join(root, script), os.X_OK), f"{name}: there is no {script}")
    updates = yaml.safe_load(read(root, ".github/dependabot.yml"))["updates"]
    expect({entry["package-ecosystem"] for entry in updates} == {"github-actions", "docker"}, f"updates of {updates}")
    print("workflows: exact versions, rights and scripts")


def check_release(program, root, work):
    """The action takes the program of its release, and builds its own when the bytes are not those of the checksums."""
    if not shutil.which("curl"):
        print("SKIP: curl is not installed, without which the action always builds its own")
        return
    name = "kportscan-1.2.3-linux-" + {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "none")
    release = os.path.join(work, "OWNER/kportscan/releases/download/v1.2.3")
    folder = os.path.join(work, "project")
    os.makedirs(os.path.join(release, name, "bin"))
    os.makedirs(folder)
    write(folder, "compose.yaml", CLASH)
    os.symlink(os.path.abspath(program), os.path.join(release, name, "bin/kportscan"))
    run("tar", "-C", release, "-czf", os.path.join(release, name + ".tar.gz"), name, cwd=work)
    write(release, "SHA256SUMS", run("sha256sum", name + ".tar.gz", cwd=release).stdout)
    fake = os.path.join(work, "root")  # a checkout whose build cannot work
    shutil.copytree(os.path.join(root, "manifests/ci"), os.path.join(fake, "manifests/ci"))
    write(fake, "dev", "#!/bin/sh\necho 'built from source' >&2\nexit 1\n")
    os.chmod(os.path.join(fake, "dev"), 0o755)
    handler = functools.partial(QuietHandler, directory=work)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        act = functools.partial(run, "sh", os.path.join(fake, "manifests/ci/github/run.sh"), cwd=folder,
                                KPORTSCAN_ACTION_ARGS="--lint .", KPORTSCAN_ACTION_REPOSITORY="OWNER/kportscan",
                                GITHUB_SERVER_URL=f"http://127.0.0.1:{server.server_port}")
        done = act(KPORTSCAN_ACTION_REF="v1.2.3")
        expect(done.returncode == 1 and "KP101" in done.stdout, f"the released program: {done}")
        with open(os.path.join(release, name + ".tar.gz"), "ab") as archive:
            archive.write(b"\0")
        for ref in ("v1.2.3", "v9.9.9", "main", ""):
            done = act(KPORTSCAN_ACTION_REF=ref)
            expect(done.returncode == 2 and "built from source" in done.stderr, f"{ref or 'no ref'}: {done}")
        server.shutdown()
    print("release: its program is used, another one is not")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


# --- GitLab ---------------------------------------------------------------------------------------------------------
def gitlab_job(root):
    """The inputs' defaults and the job with these in their places, as GitLab puts them there."""
    header, body = read(root, "manifests/ci/gitlab/kportscan.yml").split("\n---\n")
    inputs = {name: entry["default"] for name, entry in yaml.safe_load(header)["spec"]["inputs"].items()}
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", body))
    expect(used == set(inputs), f"the job uses the inputs {used}, there are {set(inputs)}")
    for name, value in inputs.items():
        body = body.replace(f"$[[ inputs.{name} ]]", value)
    return inputs, yaml.safe_load(body)["kportscan"]


def check_gitlab(program, root, work):
    inputs, job = gitlab_job(root)
    expect(job["image"] == inputs["image"] and job["stage"] == inputs["stage"], f"the inputs are not used: {job}")
    reports = job["artifacts"]["reports"]
    expect(job["artifacts"]["when"] == "always", "the reports are lost when the job fails")
    path = on_path(program, os.path.join(work, "bin"))
    for name, text, code in (("clash", CLASH, 1), ("clean", CLEAN, 0)):
        folder = os.path.join(work, name)
        os.makedirs(folder)
        write(folder, "compose.yaml", text)
        variables = {key: str(value or "") for key, value in job["variables"].items()}
        done = run("sh", "-e", "-c", "\n".join(job["script"]), cwd=folder, **{**variables, "PATH": path})
        expect(done.returncode == code, f"{name}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        quality = json.loads(read(folder, reports["codequality"]))
        expect([item["check_name"] for item in quality] == ["KP101"] * code, f"{name}: code quality is {quality}")
        failures = xml.etree.ElementTree.parse(os.path.join(folder, reports["junit"])).iter("failure")
        expect(len(list(failures)) == code, f"{name}: not {code} failures in the JUnit report")
    write(os.path.join(work, "clash"), ".kportscan.yaml", STRICT)
    for level, code in ((variables["KPORTSCAN_LEVEL"], 1), ("error", 0)):
        done = run("sh", "-e", "-c", "\n".join(job["script"]), cwd=os.path.join(work, "clash"),
                   **{**variables, "KPORTSCAN_LEVEL": level, "PATH": path})
        expect(done.returncode == code, f"level {level!r}: exit {done.returncode}, not {code}\n{done.stdout}")
    print("gitlab: the job's lines, code quality and JUnit for a clash and a clean project")


PARTS = {"matcher": check_matcher, "hooks": check_hooks, "action": check_action, "release": check_release, "workflows": check_workflows,
         "gitlab": check_gitlab}


def main():
    program, root = (os.path.abspath(path) for path in sys.argv[1:3])
    for name in sys.argv[3:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="kps-ci-") as work:
            PARTS[name](program, root, work)
    for fault in FAULTS:
        print("FAULT:", fault)
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main()
