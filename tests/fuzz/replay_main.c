#include <stdint.h>
#include <stdio.h>

#include "base/fs.h"

/*
 * usage: fuzz_NAME FOLDER...
 * Stands in for libFuzzer where there is none: gives every file of the folders to the target, once.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SEED = 16 * 1024 * 1024 };

static bool replay_file(const char *path)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv bytes;
    int error = kps_fs_os.read(&kps_fs_os, arena, path, MAX_SEED, &bytes);
    if (error) {
        (void)fprintf(stderr, "%s: cannot read it (errno %d)\n", path, error);
        return false;
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)bytes.p, bytes.n);
    return true;
}

/* Return: how many files were replayed; 0 when one could not be read. */
static size_t replay_folder(const char *folder)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv *names = NULL;
    size_t n = 0;
    int error = kps_fs_os.list(&kps_fs_os, arena, folder, &names, &n);
    if (error) {
        (void)fprintf(stderr, "%s: cannot list it (errno %d)\n", folder, error);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (!replay_file(kps_fmt(arena, "%s/%.*s", folder, SV_ARG(names[i])).p)) {
            return 0;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    size_t total = 0;
    for (int i = 1; i < argc; i++) {
        size_t n = replay_folder(argv[i]);
        if (n == 0) {
            (void)fprintf(stderr, "%s: nothing was replayed\n", argv[i]);
            return 1;
        }
        total += n;
    }
    (void)fprintf(stdout, "%zu inputs\n", total);
    return total == 0;
}
