#include "option_table.h"

const struct kps_option_info kps_option_table[] = {
    {'f', "file", "FILE", KPS_GROUP_PROJECT, "Compose file; repeat it to layer files of one project"},
    {'p', "project-name", "NAME", KPS_GROUP_PROJECT, "name of the project"},
    {KPS_OPTION_PROJECT_DIRECTORY, "project-directory", "DIR", KPS_GROUP_PROJECT,
     "where relative paths and .env start"},
    {KPS_OPTION_PROFILE, "profile", "NAME", KPS_GROUP_PROJECT, "enable a profile (repeatable; '*' for all)"},
    {KPS_OPTION_ENV_FILE, "env-file", "FILE", KPS_GROUP_PROJECT, "variables instead of .env (repeatable)"},
    {KPS_OPTION_SERVICE, "service", "NAME", KPS_GROUP_PROJECT,
     "only what 'docker compose up NAME' starts (repeatable)"},

    {KPS_OPTION_NODES, "nodes", "N", KPS_GROUP_CLUSTER, "how many nodes the cluster has"},
    {KPS_OPTION_NODE_PORT_RANGE, "node-port-range", "RANGE", KPS_GROUP_CLUSTER, "its node ports; default 30000-32767"},
    {KPS_OPTION_KUBERNETES_VERSION, "kubernetes-version", "X.Y", KPS_GROUP_CLUSTER,
     "where rules differ by version; default: the newest"},
    {KPS_OPTION_NAMESPACE, "namespace", "NAME", KPS_GROUP_CLUSTER, "of objects that name none; default 'default'"},

    {KPS_OPTION_DOCKER, "docker", NULL, KPS_GROUP_MACHINE,
     "what the container engine publishes, or who published PORT"},
    {KPS_OPTION_HOST, "host", NULL, KPS_GROUP_MACHINE, "what listens on this machine, or who listens on PORT"},
    {KPS_OPTION_WATCH, "watch", "[=SECONDS]", KPS_GROUP_MACHINE,
     "ask for PORT again and again, tell when its holder changes; default 1"},
    {'H', "docker-host", "URL", KPS_GROUP_MACHINE, "the engine to ask, instead of DOCKER_HOST"},
    {KPS_OPTION_CONTEXT, "context", "NAME", KPS_GROUP_MACHINE, "the engine of a docker context"},
    {KPS_OPTION_TIMEOUT, "timeout", "SECONDS", KPS_GROUP_MACHINE, "for everything asked of an engine; default 5"},
    {KPS_OPTION_NO_DOCKER, "no-docker", NULL, KPS_GROUP_MACHINE, "do not ask the container engine"},
    {KPS_OPTION_NO_HOST, "no-host", NULL, KPS_GROUP_MACHINE, "do not look at this machine's sockets"},

    {KPS_OPTION_EXCLUDE, "exclude", "GLOB", KPS_GROUP_INPUT, "leave out files and folders below a directory"},
    {KPS_OPTION_FILES, "files", NULL, KPS_GROUP_INPUT, "only list the files that are read"},
    {KPS_OPTION_STDIN_FILENAME, "stdin-filename", "NAME", KPS_GROUP_INPUT, "what '-' is called in locations"},
    {KPS_OPTION_LINT, "lint", NULL, KPS_GROUP_INPUT, "files only: the same result on every machine (for CI)"},
    {KPS_OPTION_LINT, "static", NULL, KPS_GROUP_HIDDEN, NULL},

    {'o', "format", "FMT[=FILE]", KPS_GROUP_REPORT,
     "text (default on a terminal), short (default on a pipe), json, sarif, github, gitlab, junit, markdown, mermaid; "
     "repeatable with files"},
    {KPS_OPTION_CLAIMS, "claims", NULL, KPS_GROUP_REPORT, "json: list all published ports too"},
    {KPS_OPTION_COLOR, "color", "WHEN", KPS_GROUP_REPORT, "auto, always or never"},
    {'q', "quiet", NULL, KPS_GROUP_REPORT, "findings only; -qq: exit code only"},
    {'v', "verbose", NULL, KPS_GROUP_REPORT, "say on stderr what was read"},

    {'S', "severity", "LEVEL", KPS_GROUP_VERDICT, "least severity shown: note (default), warning, error"},
    {KPS_OPTION_SELECT, "select", "RULES", KPS_GROUP_VERDICT, "only these: ids (KP101), prefixes (KP1), names"},
    {KPS_OPTION_IGNORE, "ignore", "RULES", KPS_GROUP_VERDICT, "all but these"},
    {KPS_OPTION_FAIL_ON, "fail-on", "LEVEL", KPS_GROUP_VERDICT,
     "exit 1 at this severity: error (default), warning, note, never"},
    {KPS_OPTION_EXIT_ZERO, "exit-zero", NULL, KPS_GROUP_VERDICT, "the same as --fail-on never"},
    {KPS_OPTION_BASELINE, "baseline", "FILE", KPS_GROUP_VERDICT, "findings that are known already do not count"},
    {KPS_OPTION_WRITE_BASELINE, "write-baseline", "FILE", KPS_GROUP_VERDICT,
     "write the findings there: they are known from now on"},
    {KPS_OPTION_CONFIG, "config", "FILE", KPS_GROUP_VERDICT,
     "settings; default: .kportscan.yaml here or above, up to the repository's root"},
    {KPS_OPTION_NO_CONFIG, "no-config", NULL, KPS_GROUP_VERDICT, "look for no settings"},

    {KPS_OPTION_EXPLAIN, "explain", "RULE", KPS_GROUP_OTHER, "what a rule finds, why, and how to fix it"},
    {KPS_OPTION_LIST_RULES, "list-rules", NULL, KPS_GROUP_OTHER, "list the rules; -o json: with their texts"},
    {'h', "help", NULL, KPS_GROUP_OTHER, "this text"},
    {'V', "version", NULL, KPS_GROUP_OTHER, "name and version"},

    {KPS_OPTION_LATER, "free", "PORT", KPS_GROUP_HIDDEN, NULL},
    {'n', "count", "N", KPS_GROUP_HIDDEN, NULL},
    {KPS_OPTION_LATER, "diagnose", NULL, KPS_GROUP_HIDDEN, NULL},
    {KPS_OPTION_LATER, "diff", NULL, KPS_GROUP_HIDDEN, NULL},
    {KPS_OPTION_COMPLETIONS, "completions", "SHELL", KPS_GROUP_HIDDEN, NULL}, /* for who packs or installs it */
    {0, NULL, NULL, KPS_GROUPS, NULL},
};
