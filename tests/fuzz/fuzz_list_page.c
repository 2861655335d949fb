#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compiler.h"
#include "cluster/list_page.h"

/*
 * The input is a page of the API server, and a dump. Items are whole objects, and a list that is
 * read from a file has the items that it has in memory.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct items {
    uint32_t n;
    uint64_t bytes;
};

static const char *want_some(struct kps_sv kind)
{
    return kind.n % 2 ? "kind metadata" : "";
}

static void count_item(void *context, struct kps_sv json)
{
    struct items *items = context;
    KPS_ASSERT(json.n >= 2 && json.p[0] == '{'); /* brackets are counted, not matched */
    items->n++;
    items->bytes += json.n;
}

static void check_page(const struct kps_list_page *page, bool is_list, const struct items *items)
{
    KPS_ASSERT(is_list == (page->error.n == 0));
    KPS_ASSERT(page->n_items == items->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv text = {(const char *)data, size};
    struct items in_memory = {0, 0};
    struct items of_file = {0, 0};
    struct kps_list_page page;
    struct kps_list_reader how = {.arena = arena,
                                  .wants = want_some,
                                  .kind = SV("Pod"),
                                  .api_version = SV("v1"),
                                  .item = count_item,
                                  .context = &in_memory};
    bool is_page = kps_list_page_read(&how, text, &page);
    check_page(&page, is_page, &in_memory);
    int fd = memfd_create("list", MFD_CLOEXEC);
    KPS_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    int error = 0;
    how.context = &of_file;
    bool is_list = kps_list_page_stream(&how, fd, &page, &error);
    (void)close(fd);
    KPS_ASSERT(error == 0);
    check_page(&page, is_list, &of_file);
    /* a file may hold more lists; a Status, or an object, is no list there */
    KPS_ASSERT(!is_page || in_memory.n == 0 || of_file.n >= in_memory.n);
    return 0;
}
