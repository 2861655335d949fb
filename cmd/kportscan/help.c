#include "help.h"

#include "docker/engine.h"
#include "option_table.h"
#include "options/option_help.h"
#include "report/json.h"
#include "yaml/reader.h"

static const char HEAD[] =
    "Port conflicts of Docker Compose projects and Kubernetes manifests, before\n"
    "anything starts; and who holds a port on this machine.\n"
    "\n"
    "  kportscan                              the Compose project of this folder\n"
    "  kportscan compose.yaml other.yaml      two projects, also against each other\n"
    "  kportscan -f base.yaml -f prod.yaml    two layers of one project\n"
    "  kportscan infra/                       all projects and manifests below it\n"
    "  helm template . | kportscan -          what a chart renders to\n"
    "  kportscan --lint -o json compose.yaml  files only, for scripts and CI\n"
    "  kportscan 3000                         who holds or claims port 3000 here\n"
    "  kportscan --docker --watch             what containers publish, as it changes\n"
    "  kportscan --free 8080                  a port that is free, from 8080 on\n"
    "  kportscan --cluster 8080               who holds port 8080 in the live cluster\n"
    "  kportscan --diagnose error.log         the port errors in a log, each answered\n"
    "  kportscan --explain KP101              what a finding means\n"
    "\n"
    "Usage: kportscan [OPTION...] [INPUT... | PORT...]\n"
    "An INPUT is a Compose file, a manifest, a folder, or '-' for standard input.\n"
    "A PORT is 3000, 3000/udp, 127.0.0.1:3000, [::1]:3000/tcp or 3000-3010.\n";

static const char FOOT[] =
    "\n"
    "Exit code: 0 no conflict, 1 conflicts, 2 wrong usage or unreadable input,\n"
    "3 nothing found, but something could not be looked at. Asked about ports:\n"
    "0 somebody has one, 1 nobody.\n";

void kps_help_print(FILE *out)
{
    static const char *const titles[] = {
        [KPS_GROUP_PROJECT] = "The project (as with docker compose)",
        [KPS_GROUP_CLUSTER] = "The cluster (Kubernetes)",
        [KPS_GROUP_MACHINE] = "This machine",
        [KPS_GROUP_INPUT] = "What is read",
        [KPS_GROUP_REPORT] = "The report",
        [KPS_GROUP_VERDICT] = "What counts",
        [KPS_GROUP_OTHER] = "Other",
    };
    (void)fputs(HEAD, out);
    for (size_t group = 0; group < KPS_COUNT(titles); group++) {
        (void)fprintf(out, "\n%s:\n", titles[group]);
        kps_option_help_print(kps_option_table, (unsigned)group, out);
    }
    (void)fputs(FOOT, out);
}

void kps_help_print_version(FILE *out, bool with_libraries)
{
    (void)fputs("kportscan " KPS_VERSION "\n", out);
    if (with_libraries) {
        (void)fprintf(out, "libyaml %s\njansson %s\nlibcurl %s\n", kps_yaml_version(),
                      kps_json_version(),
                      kps_engine_library()
                          ? "not loaded: only engines behind TCP or TLS need it; -v shows it then"
                          : "none: this program cannot ask engines behind TCP or TLS");
    }
}
