/*
 * A library for LD_PRELOAD: the allocation with the number KPS_FAIL_ALLOC (from 1) fails, and every
 * later one; malloc, calloc and realloc count together. Without the variable it counts and, at the
 * end, prints the number to the file KPS_COUNT_ALLOCS. Only in a program called kportscan or
 * docker-kportscan: children such as ssh have all the memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);

static unsigned long count, failing;
static int is_ours;

__attribute__((constructor)) static void read_number(void)
{
    const char *number = getenv("KPS_FAIL_ALLOC");
    const char *name = program_invocation_short_name;
    is_ours = strcmp(name, "kportscan") == 0 || strcmp(name, "docker-kportscan") == 0;
    failing = number ? strtoul(number, NULL, 10) : 0;
    count = 0;
}

__attribute__((destructor)) static void print_count(void)
{
    const char *path = getenv("KPS_COUNT_ALLOCS");
    unsigned long n = count;
    FILE *file = path && is_ours ? fopen(path, "w") : NULL;
    if (file) {
        (void)fprintf(file, "%lu\n", n);
        (void)fclose(file);
    }
}

static int fails(void)
{
    count++;
    if (is_ours && failing && count >= failing) {
        errno = ENOMEM;
        return 1;
    }
    return 0;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(n, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(block, bytes);
}
