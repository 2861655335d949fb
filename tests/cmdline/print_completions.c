/*
 * usage: print_completions SHELL
 * Print the completion script of bash, zsh or fish for kportscan. Exit 2: another shell.
 */
#include "option_table.h"
#include "options/completions.h"

int main(int argc, char **argv)
{
    const char *shell = argc == 2 ? argv[1] : "";
    return kps_completions_print(kps_option_table, kps_sv_of(shell), stdout) ? 0 : 2;
}
