#include "config/config.h"

const struct kps_config_key_info kps_config_keys[] = {
    {KPS_CONFIG_RULES, "rules", KPS_CONFIG_TABLE,
     "a mapping of RULE to off, on, note, warning or error",
     "every rule is on, with the severity it finds itself",
     "switches rules off, or gives what they find another severity; RULE is an id (KP101), the "
     "beginning of ids (KP1) "
     "or "
     "a name",
     "rules:\n  KP305: off\n  host-port-clash: error"},
    {KPS_CONFIG_FAIL_ON, "fail-on", KPS_CONFIG_WORD, "error, warning, note or never", "error",
     "the least severity that makes the exit code 1", "fail-on: warning"},
    {KPS_CONFIG_SEVERITY, "severity", KPS_CONFIG_WORD, "error, warning or note", "note",
     "the least severity that is shown", "severity: warning"},
    {KPS_CONFIG_FORMAT, "format", KPS_CONFIG_WORD, "the name of a format",
     "text on a terminal, short on a pipe", "the format of the report on standard output",
     "format: github"},
    {KPS_CONFIG_COLOR, "color", KPS_CONFIG_WORD, "auto, always or never", "auto",
     "whether the report is coloured; NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR of the environment "
     "go before it",
     "color: never"},
    {KPS_CONFIG_BASELINE, "baseline", KPS_CONFIG_FILE, "a path", "none",
     "a file of known findings, which do not count", "baseline: .kportscan-baseline.json"},
    {KPS_CONFIG_EXCLUDE, "exclude", KPS_CONFIG_WORDS, "a list of globs", "none",
     "files and folders below a directory that are left out",
     "exclude: [vendor, \"examples/*.yaml\"]"},
    {KPS_CONFIG_PROFILES, "profiles", KPS_CONFIG_WORDS, "a list of names",
     "those of COMPOSE_PROFILES", "profiles of Compose projects that are enabled; '*' for all",
     "profiles: [dev]"},
    {KPS_CONFIG_ENV_FILES, "env-files", KPS_CONFIG_FILES, "a list of paths", ".env of the project",
     "files with the variables of Compose projects", "env-files: [ci.env]"},
    {KPS_CONFIG_NODES, "nodes", KPS_CONFIG_WORD, "a number", "not known",
     "how many nodes the cluster has", "nodes: 3"},
    {KPS_CONFIG_NODE_PORT_RANGE, "node-port-range", KPS_CONFIG_WORD, "FIRST-LAST", "30000-32767",
     "the node ports of the cluster", "node-port-range: 30000-32767"},
    {KPS_CONFIG_KUBERNETES_VERSION, "kubernetes-version", KPS_CONFIG_WORD, "X.Y", "the newest",
     "the version of the cluster, where rules differ by it", "kubernetes-version: \"1.30\""},
    {KPS_CONFIG_NAMESPACE, "namespace", KPS_CONFIG_WORD, "a name", "default",
     "the namespace of objects that name none", "namespace: shop"},
    {KPS_CONFIG_NODE_RESERVED_PORTS, "node-reserved-ports", KPS_CONFIG_TABLE,
     "a list of ports, ranges, or mappings with port and used-by",
     "those of the node's own components only",
     "host ports that something else holds on every node: a hostPort that meets one is KP209",
     "node-reserved-ports:\n  - 9100\n  - {port: 8472/udp, used-by: flannel}"},
    {KPS_CONFIG_SIDECARS, "sidecars", KPS_CONFIG_TABLE,
     "a list of mappings with name, ports and when",
     "the well-known ones (Istio, Linkerd and others)",
     "containers that are injected into pods: a container port that meets one of theirs is KP210; "
     "`when` names the "
     "label "
     "or annotation of the pods that get it, without it all do",
     "sidecars:\n  - name: vault-agent\n    ports: [8200]\n    when: "
     "{vault.hashicorp.com/agent-inject: \"true\"}"},
    {KPS_CONFIG_KEYS, NULL, KPS_CONFIG_WORD, NULL, NULL, NULL, NULL},
};
