#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "cluster/collect.h"
#include "cluster/kubectl.h"

/* Items that were handed out, as text. */
struct items {
    struct kps_buf text;
    uint32_t n[KPS_CLUSTER_LISTS];
    bool has_kinds;
};

static void note_item(void *context, struct kps_sv json)
{
    struct items *items = context;
    kps_buf_add(&items->text, json);
    kps_buf_char(&items->text, ';');
}

static const char *want_names(struct kps_sv kind)
{
    return kps_sv_eq(kind, SV("Whole")) ? "" : "kind name";
}

#define POD_KIND "{\"apiVersion\":\"\",\"kind\":\"Pod\""
#define POD_HEAD "{\"apiVersion\":\"v1\",\"kind\":\"Pod\""

static const struct {
    const char *json, *items, *next, *error;
} PAGES[] = {
    {"{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"abc\"},\"items\":[{\"name\":\"a\",\"x\":1}"
     ","
     "{\"x\":{\"y\":[1,\"]}\"]},\"name\":\"b\"}]}",
     POD_HEAD ",\"name\":\"a\"};" POD_HEAD ",\"name\":\"b\"};", "abc", ""},
    {" { \"items\" : [ ] , \"kind\":\"PodList\", \"metadata\" : { \"continue\" : \"\" } } ", "", "",
     ""},
    {"{\"kind\":\"PodList\",\"items\": null }", "", "", ""},
    {"{\"items\":null}", "", "", "is no list: its kind does not end in List"},
    {"{\"kind\":\"Pod\",\"items\":[{}]}", POD_HEAD "};", "",
     "is no list: its kind does not end in List"},
    {"{}", "", "", "is no list: it has no items"},
    {"{\"kind\":\"PodList\",\"items\":{}}", "", "", "is no list: it has no items"},
    {"{\"items\":[{}]}", POD_HEAD "};", "", ""},
    {"{\"items\":[{\"kind\":\"Node\",\"name\":\"n\"}]}", "{\"kind\":\"Node\",\"name\":\"n\"};", "",
     ""},
    {"{\"items\":[{\"kind\":\"Whole\",\"x\":1}]}", "{\"kind\":\"Whole\",\"x\":1};", "", ""},
    {"{\"items\":[{\"name\":\"a\"}", POD_HEAD ",\"name\":\"a\"};", "", "breaks off after 22 bytes"},
    {"{\"items\":[{\"name\":\"a", "", "", "breaks off after 20 bytes"},
    {"{\"items\":[1]}", "", "", "is no list: an object is expected at line 1, column 11"},
    {"{\"items\":\n[{\"name\":1}\n {\"name\":2}]}", POD_HEAD ",\"name\":1};", "",
     "is no list: ',' or ']' is expected at line 3, column 2"},
    {"{\"items\":[]\n, 7}", "", "", "is no list: a member is expected at line 2, column 3"},
    {"{\"items\":[]]", "", "", "is no list: '}' is expected at line 1, column 12"},
    {"<html>", "", "", "is no list: an object is expected at line 1, column 1"},
    {"", "", "", "breaks off after 0 bytes"},
    {"{\"items\":\n[{\"a\" {\"b\":1}}]}", "", "",
     "is no list: the item is no JSON at line 2, column 2"},
    {"{\"kind\":\"Status\",\"message\":\"no\"}", "", "",
     "is no list but an error of the API server: no"},
    {"{\"kind\":\"Status\",\"code\":503}", "", "", "is no list but an error of the API server"},
};

static void test_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(PAGES); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct items items = {.text = KPS_BUF(arena)};
        const struct kps_list_reader how = {arena,    want_names, SV("Pod"),
                                            SV("v1"), note_item,  &items};
        struct kps_list_page page;
        bool is_list = kps_list_page_read(&how, kps_sv_of(PAGES[i].json), &page);
        assert_string_equal(kps_sv_copy(arena, page.error).p, PAGES[i].error);
        assert_string_equal(kps_buf_sv(&items.text).p, PAGES[i].items);
        assert_string_equal(kps_sv_copy(arena, page.next).p, PAGES[i].next);
        assert_int_equal(is_list, PAGES[i].error[0] == '\0');
        kps_arena_free(arena);
    }
}

/* Write a text into a file that has no name. Return: its descriptor, at the start. */
static int open_text(struct kps_sv text)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    rewind(file);
    int fd = dup(fileno(file));
    (void)fclose(file);
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool read_stream(struct kps_arena *arena, struct kps_sv text, struct items *items,
                        struct kps_list_page *ret)
{
    const struct kps_list_reader how = {
        .arena = arena, .wants = want_names, .item = note_item, .context = items};
    int fd = open_text(text);
    int error = 0;
    *items = (struct items){.text = KPS_BUF(arena)};
    bool is_list = kps_list_page_stream(&how, fd, ret, &error);
    assert_int_equal(error, 0);
    (void)close(fd);
    return is_list;
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct {
    struct kps_sv text;
    const char *items, *error;
} STREAMS[] = {
    {BYTES("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"name\":1}]}\n"
           "{\"apiVersion\":\"a/v1\",\"kind\":\"ReplicaSetList\",\"items\":[{\"name\":2}]}"),
     POD_HEAD ",\"name\":1};{\"apiVersion\":\"a/v1\",\"kind\":\"ReplicaSet\",\"name\":2};", ""},
    {BYTES("\xef\xbb\xbf{\"kind\":\"Pod\",\"name\":3}\n\n{\"kind\":\"List\",\"items\":[]}"),
     "{\"kind\":\"Pod\",\"name\":3};", ""},
    {BYTES("\xff\xfe{\0\"\0k\0i\0n\0d\0\"\0:\0\"\0P\0\"\0}\0"), "{\"kind\":\"P\"};", ""},
    {BYTES("{\"items\":[{\"name\":1},{\"kind\":\"Node\"}],\"kind\":\"PodList\"}"),
     "{\"kind\":\"Node\"};" POD_KIND ",\"name\":1};", ""},
    {BYTES("{\"apiVersion\":\"a/v1\",\"items\":[{\"name\":1}],\"kind\":\"ReplicaSetList\"}"
           "{\"kind\":\"PodList\",\"items\":[{\"name\":2}]}"
           "{\"apiVersion\":\"v1\",\"items\":[{\"name\":3}],\"kind\":\"PodList\"}"
           "{\"kind\":\"Node\",\"name\":4}"),
     POD_KIND ",\"name\":2};{\"kind\":\"Node\",\"name\":4};"
              "{\"apiVersion\":\"a/v1\",\"kind\":\"ReplicaSet\",\"name\":1};" POD_HEAD
              ",\"name\":3};",
     ""},
    {BYTES("{\"items\":[{\"name\":1}],\"kind\":\"List\"}"), "", "has items without a kind"},
    {BYTES("{\"items\":[{\"name\":1}]}"), "", "is no list: its kind does not end in List"},
    {BYTES("{\"items\":[{\"kind\":\"Node\"}]}"), "{\"kind\":\"Node\"};", ""},
    {BYTES("{\"kind\":\"Status\",\"message\":\"no right\"}\n{\"kind\":\"List\",\"items\":[]}"), "",
     "is no list but an error of the API server: no right"},
    {BYTES("{\"kind\":\"List\"}"), "", "is no list: it has no items"},
    {BYTES("{\"kind\":\"Pod\",\"a\" {}}"), "",
     "is no list: a member is expected at line 1, column 19"},
    {BYTES("{\"kind\":\"Status\",\"message\":\"no right\"}"), "",
     "is no list but an error of the API server: no right"},
    {BYTES("{\"kind\":\"List\",\"items\":[]}\n  x"), "",
     "is no list: an object is expected at line 2, column 3"},
    {BYTES("apiVersion: v1\n"), "", "is no list: an object is expected at line 1, column 1"},
    {BYTES("{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\"},{\"ki"), "{\"kind\":\"Node\"};",
     "breaks off after 44 bytes"},
    {BYTES(" \n"), "", "breaks off after 2 bytes"},
};

static void test_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(STREAMS); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct items items;
        struct kps_list_page page;
        bool is_list = read_stream(arena, STREAMS[i].text, &items, &page);
        assert_string_equal(kps_sv_copy(arena, page.error).p, STREAMS[i].error);
        assert_string_equal(kps_buf_sv(&items.text).p, STREAMS[i].items);
        assert_int_equal(is_list, STREAMS[i].error[0] == '\0');
        kps_arena_free(arena);
    }
}

/* A list with items on the edges of what is in memory, of 1 byte to 3.9 MiB. */
static void test_long_stream(void **state)
{
    (void)state;
    enum { ITEMS = 400, LARGEST = 3900 * 1024 };
    struct kps_arena *arena = kps_arena_new();
    struct kps_buf text = KPS_BUF(arena);
    struct kps_buf wanted = KPS_BUF(arena);
    char *filler = kps_alloc(arena, LARGEST);
    memset(filler, '{', LARGEST);
    kps_buf_add(&text, SV("{\"kind\":\"List\",\"items\":["));
    for (uint32_t i = 0; i < ITEMS; i++) {
        size_t n = i == 200 ? LARGEST : (size_t)i * i * 7919 % 90000;
        kps_buf_fmt(&text, "%s{\"kind\":\"K\",\"x\":[\"\\\\\\\"%.*s\"],\"name\":%u}\n",
                    i ? "," : "", (int)n, filler, i);
        kps_buf_fmt(&wanted, "{\"kind\":\"K\",\"name\":%u};", i);
    }
    kps_buf_add(&text, SV("]}"));
    struct items items;
    struct kps_list_page page;
    assert_true(read_stream(arena, kps_buf_sv(&text), &items, &page));
    assert_int_equal(page.n_items, ITEMS);
    assert_string_equal(kps_buf_sv(&items.text).p, kps_buf_sv(&wanted).p);

    text.n -= 2;
    kps_buf_fmt(&text, ",{\"x\":\"%.*s%.*s\"}]}", LARGEST, filler, LARGEST, filler);
    assert_false(read_stream(arena, kps_buf_sv(&text), &items, &page));
    assert_string_equal(page.error.p, "has an item larger than 4 MiB");
    text.n -= 5000;
    kps_buf_add(&text, SV("]}"));
    assert_false(read_stream(arena, kps_buf_sv(&text), &items, &page));
    kps_arena_free(arena);
}

/* Single objects behind each other, on the edges of what is in memory. */
static void test_long_stream_of_objects(void **state)
{
    (void)state;
    enum { OBJECTS = 100, LARGEST = 3900 * 1024 };
    struct kps_arena *arena = kps_arena_new();
    struct kps_buf text = KPS_BUF(arena);
    struct kps_buf wanted = KPS_BUF(arena);
    char *filler = kps_alloc(arena, LARGEST);
    memset(filler, '{', LARGEST);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        int n = i == 50 ? LARGEST : (int)(i * i * 7919 % 90000);
        kps_buf_fmt(&text, "{\"x\":\"%.*s\",\"name\":%u,\"kind\":\"K\"}\n", n, filler, i);
        kps_buf_fmt(&wanted, "{\"name\":%u,\"kind\":\"K\"};", i);
    }
    struct items items;
    struct kps_list_page page;
    assert_true(read_stream(arena, kps_buf_sv(&text), &items, &page));
    assert_int_equal(page.n_items, OBJECTS);
    assert_string_equal(kps_buf_sv(&items.text).p, kps_buf_sv(&wanted).p);

    kps_buf_fmt(&text, "{\"kind\":\"K\",\"x\":\"%.*s%.*s\"}", LARGEST, filler, LARGEST, filler);
    assert_false(read_stream(arena, kps_buf_sv(&text), &items, &page));
    assert_string_equal(page.error.p, "has an item larger than 4 MiB");
    kps_arena_free(arena);
}

/* A folder with the fake cluster as `kubectl`, first in PATH. */
static char bin[] = "/tmp/kps-kubectl-XXXXXX";
static struct kps_arena *paths;

static struct kps_sv in_bin(const char *name)
{
    return kps_fmt(paths, "%s/%s", bin, name);
}

static int set_up(void **state)
{
    (void)state;
    paths = kps_arena_new();
    const char *path = getenv("PATH");
    if (!mkdtemp(bin) || symlink(TESTS "/support/fake_cluster.py", in_bin("kubectl").p)) {
        return -1;
    }
    (void)setenv("PATH", kps_fmt(paths, "%s:%s", bin, path).p, 1);
    (void)setenv("FAKE_CLUSTER", TESTS "/cluster/recorded", 1);
    (void)setenv("FAKE_CLUSTER_LOG", in_bin("log").p, 1);
    (void)setenv("FAKE_CLUSTER_ARGV", in_bin("argv").p, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(in_bin("kubectl").p);
    (void)unlink(in_bin("log").p);
    (void)unlink(in_bin("argv").p);
    int failed = rmdir(bin); /* the socket's folder lies in it: it is gone as well */
    kps_arena_free(paths);
    return failed;
}

static void count_item(void *context, enum kps_cluster_list list, struct kps_sv json)
{
    struct items *items = context;
    items->n[list]++;
    items->has_kinds = items->has_kinds && kps_sv_starts(json, SV("{\"apiVersion\":\"")) &&
                       kps_sv_search(json, SV("managedFields")) == json.n;
}

struct collected {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct items items;
    struct kps_cluster_result result;
};

static void collect(struct collected *c, const char *faults, struct kps_cluster_options options)
{
    char *environment[] = {NULL, NULL};
    *c = (struct collected){.arena = kps_arena_new()};
    c->diag.arena = c->arena;
    c->items.has_kinds = true;
    environment[0] = (char *)(uintptr_t)kps_fmt(c->arena, "TMPDIR=%s", bin).p;
    struct kps_env env = kps_env_of(c->arena, environment);
    (void)setenv("FAKE_CLUSTER_FAULTS", faults, 1);
    (void)unlink(in_bin("log").p);
    c->result = kps_cluster_collect(&c->diag, &env, &options, count_item, &c->items);
}

static void drop(struct collected *c)
{
    kps_diag_free(&c->diag);
    kps_arena_free(c->arena);
}

static bool log_has(const char *words)
{
    static char text[64 * 1024];
    FILE *log = fopen(in_bin("log").p, "r");
    size_t n = log ? fread(text, 1, sizeof(text) - 1, log) : 0;
    text[n] = '\0';
    if (log) {
        (void)fclose(log);
    }
    return strstr(text, words) != NULL;
}

static void test_whole_cluster(void **state)
{
    (void)state;
    struct collected c;
    collect(&c, "page-size=3", (struct kps_cluster_options){.context = SV("prod")});
    assert_int_equal(c.result.status, KPS_CLUSTER_OK);
    assert_int_equal(c.diag.findings.n, 0);
    assert_int_equal(c.items.n[KPS_CLUSTER_NODES], 4);
    assert_true(c.items.n[KPS_CLUSTER_PODS] > 3); /* more than a page */
    assert_int_equal(c.items.n[KPS_CLUSTER_PODS], c.result.lists[KPS_CLUSTER_PODS].n_items);
    assert_true(c.items.has_kinds);
    assert_string_equal(kps_sv_copy(c.arena, c.result.version).p, "v1.36.2");
    assert_true(log_has("GET /api/v1/pods?limit=500&fieldSelector="));
    assert_true(log_has("&continue="));
    assert_false(log_has("POST "));
    drop(&c);
    FILE *argv = fopen(in_bin("argv").p, "r");
    char text[2048] = "";
    assert_non_null(argv);
    assert_true(fread(text, 1, sizeof(text) - 1, argv) > 0);
    (void)fclose(argv);
    assert_non_null(strstr(text, "--context=prod"));
    assert_non_null(strstr(text, "--append-server-path"));
    assert_non_null(strstr(text, "--reject-methods=^([^G]|G[^E]|GE[^T]|GET.)"));
}

/* Milliseconds for a fault that ends by itself, also on a busy machine. */
enum { PATIENT = 60 * 1000 };

/* How the reading of a cluster with a fault ends. */
static const struct {
    const char *faults;
    enum kps_cluster_status status;
    enum kps_cluster_list_state pods;
    uint32_t n_findings;
    const char *words; /* a part of the first finding's message */
    uint32_t timeout_ms;
} FAULTS[] = {
    {"pods=403", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FORBIDDEN, 1, "the cluster's pods could not be",
     PATIENT},
    {"pods=410*1", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_READ, 0, "", PATIENT},
    {"page-size=5 pods=410@3", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_READ, 0, "", PATIENT},
    {"pods=410", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "status 410", PATIENT},
    {"pods=429*1", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_READ, 0, "", PATIENT},
    {"pods=429*3", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_READ, 0, "", PATIENT},
    {"pods=429", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "status 429", 5000},
    {"pods=504", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "status 504", 5000},
    {"pods=404", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_MISSING, 1, "status 404", PATIENT},
    {"pods=cut", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "the answer breaks off", PATIENT},
    {"pods=empty", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "no list: it has no items", PATIENT},
    {"pods=failure", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "the API server: not today",
     PATIENT},
    {"pods=html", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "is no list", PATIENT},
    {"pods=same-token", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "do not end", PATIENT},
    {"pods=huge", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 1, "could not be read", PATIENT},
    {"all=401", KPS_CLUSTER_UNREACHABLE, KPS_CLUSTER_LIST_READ, 1, "Unauthorized", PATIENT},
    {"version=500", KPS_CLUSTER_UNREACHABLE, KPS_CLUSTER_LIST_READ, 1, "status 500", PATIENT},
    {"die=3", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_FAILED, 9, "could not be read", PATIENT},
    {"refuse=error:_context_\"zz\"_does_not_exist", KPS_CLUSTER_UNUSABLE, KPS_CLUSTER_LIST_READ, 1,
     "does not exist", PATIENT},
    {"late=0.3", KPS_CLUSTER_OK, KPS_CLUSTER_LIST_READ, 0, "", PATIENT},
    {"late=30", KPS_CLUSTER_UNREACHABLE, KPS_CLUSTER_LIST_READ, 1, "does not get ready", 500},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(FAULTS); i++) {
        struct collected c;
        collect(&c, FAULTS[i].faults,
                (struct kps_cluster_options){.timeout_ms = FAULTS[i].timeout_ms});
        if (c.result.status != FAULTS[i].status || c.diag.findings.n != FAULTS[i].n_findings) {
            print_error("%s: status %d, %u findings\n", FAULTS[i].faults, (int)c.result.status,
                        c.diag.findings.n);
        }
        assert_int_equal(c.result.status, FAULTS[i].status);
        assert_int_equal(c.result.lists[KPS_CLUSTER_PODS].state, FAULTS[i].pods);
        assert_int_equal(c.diag.findings.n, FAULTS[i].n_findings);
        if (c.diag.findings.n) {
            assert_non_null(strstr(c.diag.findings.v[0]->message.p, FAULTS[i].words));
        }
        drop(&c);
    }
}

static void test_namespace(void **state)
{
    (void)state;
    struct collected c;
    collect(&c, "namespace-only", (struct kps_cluster_options){.namespace = SV("default")});
    assert_int_equal(c.result.status, KPS_CLUSTER_OK);
    assert_int_equal(c.result.lists[KPS_CLUSTER_PODS].state, KPS_CLUSTER_LIST_NAMESPACE);
    assert_int_equal(c.result.lists[KPS_CLUSTER_NODES].state, KPS_CLUSTER_LIST_FORBIDDEN);
    assert_true(c.items.n[KPS_CLUSTER_PODS] > 0);
    assert_true(log_has("GET /api/v1/namespaces/default/pods?limit=500"));
    assert_true(c.diag.incomplete);
    drop(&c);
}

/* A list longer than a page, and a program that never ends to write. */
static void test_words_of_kubectl(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "#!/bin/sh\nseq -f 'context-number-%.0f' 1000\n",
        "#!/bin/sh\nwhile echo context-number-1000; do sleep 0.1; done\n",
    };
    const struct kps_kubectl_options options = {.context = {"", 0}};
    assert_int_equal(rename(in_bin("kubectl").p, in_bin("usual").p), 0);
    for (size_t i = 0; i < KPS_COUNT(scripts); i++) {
        FILE *file = fopen(in_bin("kubectl").p, "w");
        assert_non_null(file);
        (void)fputs(scripts[i], file);
        (void)fclose(file);
        assert_int_equal(chmod(in_bin("kubectl").p, 0700), 0);
        uint64_t start = kps_clock_ms();
        struct kps_sv names = kps_kubectl_contexts(paths, &options);
        assert_true(kps_sv_ends(names, SV("context-number-1000")));
        assert_true(kps_clock_ms() - start < 10 * 1000);
    }
    assert_int_equal(rename(in_bin("usual").p, in_bin("kubectl").p), 0);
}

static void test_no_kubectl(void **state)
{
    (void)state;
    struct collected c;
    char *path = strdup(getenv("PATH"));
    (void)setenv("PATH", "/nonexistent", 1);
    collect(&c, "", (struct kps_cluster_options){.timeout_ms = 1000});
    (void)setenv("PATH", path, 1);
    free(path);
    assert_int_equal(c.result.status, KPS_CLUSTER_UNUSABLE);
    assert_non_null(strstr(c.diag.findings.v[0]->message.p, "there is no kubectl in PATH"));
    assert_int_equal(c.diag.findings.v[0]->n_helps, 1);
    drop(&c);
}

/* The service account of a pod, over TLS: a folder with certificates and a token, and a server that
 * asks for both. */
static char account[] = "/tmp/kps-account-XXXXXX";

static struct kps_sv in_account(const char *name)
{
    return kps_fmt(paths, "%s/%s", account, name);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_account(name).p, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int run_shell(const char *command)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    struct kps_child child;
    assert_int_equal(kps_child_start(argv, 0, &child), 0);
    assert_true(kps_child_wait(&child, 60 * 1000));
    return WEXITSTATUS(child.status);
}

/* Find a port that nobody has, and start the server on it. */
static unsigned start_server(struct kps_child *ret)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    (void)close(fd);
    const char *const argv[] = {TESTS "/support/fake_cluster.py",
                                "--port",
                                kps_fmt(paths, "%u", ntohs(address.sin_port)).p,
                                "--cert",
                                in_account("server-cert.pem").p,
                                "--key",
                                in_account("server-key.pem").p,
                                "--token",
                                in_account("expected").p,
                                "--log",
                                in_bin("log").p,
                                TESTS "/cluster/recorded",
                                NULL};
    assert_int_equal(kps_child_start(argv, 0, ret), 0);
    int connected = -1;
    for (int i = 0; i < 1000 && connected; i++) {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected = connect(fd, (struct sockaddr *)&address, n);
        (void)close(fd);
        (void)poll(NULL, 0, connected ? 10 : 0);
    }
    assert_int_equal(connected, 0);
    return ntohs(address.sin_port);
}

static const struct {
    const char *why, *token, *ca;
    enum kps_cluster_status status;
    const char *words;
} ACCOUNTS[] = {
    {"a good account", "secret-1\n", "ca.pem", KPS_CLUSTER_OK, ""},
    {"a token that is replaced is read again", "secret-2", "ca.pem", KPS_CLUSTER_OK, ""},
    {"a token that the server does not know", "other", "ca.pem", KPS_CLUSTER_UNREACHABLE,
     "Unauthorized"},
    {"a server that the CA did not sign", "secret-1", "other/ca.pem", KPS_CLUSTER_UNREACHABLE,
     "certificate"},
};

static void collect_in_pod(struct collected *c, unsigned port)
{
    char *environment[] = {(char *)(uintptr_t) "KUBERNETES_SERVICE_HOST=127.0.0.1", NULL, NULL};
    *c = (struct collected){.arena = kps_arena_new()};
    environment[1] = (char *)(uintptr_t)kps_fmt(c->arena, "KUBERNETES_SERVICE_PORT=%u", port).p;
    c->diag.arena = c->arena;
    c->items.has_kinds = true;
    struct kps_env env = kps_env_of(c->arena, environment);
    const struct kps_cluster_options options = {.account = kps_sv_of(account),
                                                .timeout_ms = 20 * 1000};
    (void)unlink(in_bin("log").p);
    c->result = kps_cluster_collect(&c->diag, &env, &options, count_item, &c->items);
    assert_string_equal(kps_cluster_namespace(c->arena, &env, &options).p, "team-a");
}

static void test_account(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(account));
    int code = run_shell(kps_fmt(paths, "sh " TESTS "/support/make_certs.sh %s", account).p);
    if (code == 77) {
        (void)rmdir(account);
        print_message("SKIP: no openssl to make certificates with\n");
        return;
    }
    assert_int_equal(code, 0);
    write_file("namespace", "team-a\n");
    write_file("expected", "secret-1");
    struct kps_child server;
    unsigned port = start_server(&server);
    char *path = strdup(getenv("PATH"));
    (void)setenv("PATH", "/nonexistent", 1); /* the image of the CronJob has no kubectl */
    for (size_t i = 0; i < KPS_COUNT(ACCOUNTS); i++) {
        struct collected c;
        write_file("token", ACCOUNTS[i].token);
        write_file("expected", i == 1 ? "secret-2" : "secret-1");
        (void)unlink(in_account("ca.crt").p);
        assert_int_equal(symlink(in_account(ACCOUNTS[i].ca).p, in_account("ca.crt").p), 0);
        collect_in_pod(&c, port);
        if (c.result.status != ACCOUNTS[i].status) {
            print_error("%s: %.*s\n", ACCOUNTS[i].why, SV_ARG(c.result.words));
        }
        assert_int_equal(c.result.status, ACCOUNTS[i].status);
        if (c.result.status == KPS_CLUSTER_OK) {
            assert_int_equal(c.items.n[KPS_CLUSTER_NODES], 4);
            assert_true(c.items.n[KPS_CLUSTER_PODS] > 3 && c.items.has_kinds);
            assert_int_equal(c.diag.findings.n, 0);
            assert_true(log_has("GET /api/v1/pods?limit=500") && !log_has("POST "));
        } else {
            assert_non_null(strstr(c.diag.findings.v[0]->message.p, ACCOUNTS[i].words));
        }
        drop(&c);
    }
    (void)setenv("PATH", path, 1);
    free(path);
    kps_child_end(&server);
    assert_int_equal(run_shell(kps_fmt(paths, "rm -rf %s", account).p), 0);
}

static void test_context_namespace(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"team-b", "team-b"}, {"", ""}, {"a b\n", ""}};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_env env = {0};
        const struct kps_cluster_options options = {.account = SV("/nonexistent")};
        (void)setenv("FAKE_CLUSTER_NAMESPACE", rows[i][0], 1);
        struct kps_sv name = kps_cluster_namespace(arena, &env, &options);
        assert_string_equal(kps_sv_copy(arena, name).p, rows[i][1]);
        kps_arena_free(arena);
    }
    (void)unsetenv("FAKE_CLUSTER_NAMESPACE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_context_namespace),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_long_stream),
        cmocka_unit_test(test_long_stream_of_objects),
        cmocka_unit_test(test_whole_cluster),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_namespace),
        cmocka_unit_test(test_no_kubectl),
        cmocka_unit_test(test_words_of_kubectl),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
