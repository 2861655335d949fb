/*
 * usage: print_completions SHELL
 * Print the completion script of bash, zsh or fish for kportscan. Exit 2: another shell.
 */
#include "option_table.h"
#include "options/completions.h"
#include "texts/text.h"

int main(int argc, char **argv)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_completions from = {
        .arena = arena, .table = kps_option_table, .help = kps_text_unpack(arena, KPS_TEXT_HELP)};
    const char *shell = argc == 2 ? argv[1] : "";
    return kps_completions_print(&from, kps_sv_of(shell), stdout) ? 0 : 2;
}
