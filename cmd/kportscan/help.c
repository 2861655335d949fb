#include "help.h"

#include "docker/engine.h"
#include "report/json.h"
#include "texts/text.h"
#include "yaml/reader.h"

void kps_help_print(FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    (void)fputs(kps_text_unpack(scratch, KPS_TEXT_HELP).p, out);
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
