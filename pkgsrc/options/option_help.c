#include "options/option_help.h"

#include "report/style.h"

enum { HELP_COLUMN = 31, WIDTH = 80 };

static void put_option(FILE *out, const struct kps_option_info *info)
{
    int used = info->letter ? fprintf(out, "  -%c, --%s", info->letter, info->name)
                            : fprintf(out, "      --%s", info->name);
    if (info->argument) {
        used += fprintf(out, "%s%s", info->argument[0] == '[' ? "" : " ", info->argument);
    }
    if (used + 1 > HELP_COLUMN) {
        (void)fputc('\n', out);
        used = 0;
    }
    struct kps_sv rest = kps_sv_of(info->help);
    while (rest.n) {
        struct kps_sv line = kps_style_wrap(&rest, WIDTH - HELP_COLUMN);
        (void)fprintf(out, "%*s%.*s\n", HELP_COLUMN - used, "", SV_ARG(line));
        used = 0;
    }
}

void kps_option_help_print(const struct kps_option_info *table, unsigned group, FILE *out)
{
    for (const struct kps_option_info *info = table; info->name; info++) {
        if (info->group == group && info->help) {
            put_option(out, info);
        }
    }
}
