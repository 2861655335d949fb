#include "help.h"

#include "docker/engine.h"
#include "option_table.h"
#include "options/option_help.h"
#include "report/json.h"
#include "rules/text.h"
#include "yaml/reader.h"

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
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    (void)fputs(kps_rule_page(scratch, KPS_RULE_PAGE_USAGE), out);
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
