#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "compose/collect.h"

/*
 * Whole projects in memory: what is claimed, where it is written, how it came there, and what is
 * said of it. A claim reads `service first-last address->target xCOPIES path:line:col <- step what
 * path:line`, a finding `KP### severity path:line:col message`.
 */
struct story {
    const char *why;
    struct kps_fs_mem_file files[6];
    struct kps_sv given[3];   /* -f */
    struct kps_sv targets[2]; /* --service */
    struct kps_sv profile;
    char *environment[4];
    enum kps_compose_version version; /* 0: the newest */
    const char *expected;
};

static struct kps_sv place(struct kps_diag *diag, struct kps_span span)
{
    if (!span.file) {
        return SV("-");
    }
    struct kps_pos pos = kps_files_pos(&diag->files, span.file, span.off);
    struct kps_sv path = kps_files_get(&diag->files, span.file)->path;
    return kps_fmt(diag->arena, "%.*s:%u:%u", SV_ARG(path), pos.line, pos.col);
}

static void show_claim(struct kps_buf *out, struct kps_ledger *ledger,
                       const struct kps_claim *claim)
{
    struct kps_diag *diag = ledger->diag;
    struct kps_sv address = kps_addr_format(diag->arena, &claim->addr);
    kps_buf_fmt(out, "%.*s %u", SV_ARG(kps_owner_name(kps_ledger_get_owner(ledger, claim->owner))),
                claim->first);
    if (claim->last != claim->first) {
        kps_buf_fmt(out, "-%u/%u", claim->last, claim->take);
    }
    kps_buf_fmt(out, " %.*s->%u", SV_ARG(address), claim->target_first);
    if (claim->copies != 1) {
        kps_buf_fmt(out, " x%u", claim->copies);
    }
    if (claim->flags & KPS_CLAIM_DISCARDED) {
        kps_buf_add(out, SV(" void"));
    }
    const struct kps_origin origin = kps_origins_get(&diag->origins, claim->origin);
    kps_buf_fmt(out, " %.*s", SV_ARG(place(diag, origin.span)));
    for (kps_origin_id up = origin.up; up; up = kps_origins_up(&diag->origins, up)) {
        const struct kps_origin step = kps_origins_get(&diag->origins, up);
        kps_buf_fmt(out, " <- %s %.*s %.*s", kps_step_name(step.step), SV_ARG(step.what),
                    SV_ARG(place(diag, step.span)));
    }
    kps_buf_char(out, '\n');
}

static struct kps_sv tell(const struct story *story)
{
    static struct kps_arena *arena;
    kps_arena_free(arena);
    arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_fs_mem world = {.files = story->files};
    while (world.n < KPS_COUNT(story->files) && story->files[world.n].path.n) {
        world.n++;
    }
    struct kps_fs fs = kps_fs_memory(&world);
    struct kps_env env = kps_env_of(arena, story->environment);
    struct kps_compose_request request = {.cwd = SV("/p/shop"),
                                          .files = story->given,
                                          .services = story->targets,
                                          .version = story->version};
    while (request.n_files < KPS_COUNT(story->given) && story->given[request.n_files].n) {
        request.n_files++;
    }
    while (request.n_services < KPS_COUNT(story->targets) && story->targets[request.n_services].n) {
        request.n_services++;
    }
    if (story->profile.n) {
        request.profiles = &story->profile;
        request.n_profiles = 1;
    }
    struct kps_compose_result result = kps_compose_collect(&ledger, &fs, &env, &request);
    struct kps_buf out = KPS_BUF(arena);
    static const char *const status[] = {"", "partial\n", "failed\n", "not found\n"};
    kps_buf_add(&out, kps_sv_of(status[result.status]));
    if (result.not_compose) {
        kps_buf_fmt(&out, "%.*s\n", SV_ARG(result.error));
    }
    for (uint32_t i = 0; i < ledger.claims.n; i++) {
        if (!(ledger.claims.v[i].flags & KPS_CLAIM_DERIVED)) {
            show_claim(&out, &ledger, &ledger.claims.v[i]);
        }
    }
    kps_diag_sort(&diag);
    for (uint32_t i = 0; i < diag.findings.n; i++) {
        const struct kps_finding *finding = diag.findings.v[i];
        kps_buf_fmt(
            &out, "KP%d %s %.*s %.*s\n", (int)finding->rule, kps_severity_name(finding->severity),
            SV_ARG(place(&diag, kps_finding_span(&diag, finding))), SV_ARG(finding->message));
    }
    struct kps_sv text = kps_buf_sv(&out);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return text;
}

static char port_99[] = "P=99";

#define FILE(name, text)                                                                           \
    {                                                                                              \
        SV_LIT("/p/shop/" name), SV_LIT(text)                                                      \
    }

static const struct story STORIES[] = {
    {"a published port stands where its host part is written",
     {FILE("compose.yaml", "services:\n  web:\n    image: a\n    ports:\n      - "
                           "\"127.0.0.1:8080:80\"\n      - 443:443\n")},
     .expected = "web 8080 127.0.0.1->80 compose.yaml:5:10\nweb 443 ->443 compose.yaml:6:9\n"},
    {"an override adds, and says which file it came with",
     {FILE("compose.yaml", "services: {web: {image: a, ports: ['8080:80']}}\n"),
      FILE("compose.override.yaml", "services: {web: {ports: ['8081:80']}}\n")},
     .expected = "web 8080 ->80 compose.yaml:1:37\n"
                 "web 8081 ->80 compose.override.yaml:1:27 <- override compose.override.yaml "
                 "compose.override.yaml:1:1\n"},
    {"!override replaces, !reset removes",
     {FILE("a.yaml",
           "services: {web: {image: a, ports: ['1:1']}, db: {image: a, ports: ['2:2']}}\n"),
      FILE("b.yaml", "services: {web: {ports: !override ['3:3']}, db: {ports: !reset ['4:4']}}\n")},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected = "web 3 ->3 b.yaml:1:37 <- override b.yaml b.yaml:1:1\n"},
    {"extends in the same file publishes the base's port again",
     {FILE("compose.yaml",
           "services:\n  base: {image: a, ports: ['8215:80']}\n  web: {extends: base}\n")},
     .expected = "base 8215 ->80 compose.yaml:2:29\n"
                 "web 8215 ->80 compose.yaml:2:29 <- extends service base compose.yaml:3:18\n"},
    {"a chain of extends over two files keeps every step",
     {FILE("compose.yaml", "services:\n  web: {extends: {file: b/mid.yaml, service: mid}}\n"),
      FILE("b/mid.yaml", "services:\n  mid: {extends: {file: low.yaml, service: low}}\n"),
      FILE("b/low.yaml", "services:\n  low: {image: a, ports: ['7:7']}\n")},
     .expected =
         "web 7 ->7 b/low.yaml:2:28 <- extends service low b/mid.yaml:2:44 <- extends service mid "
         "compose.yaml:2:46\n"},
    {"extends in a circle is an error, the services stand as written",
     {FILE(
         "compose.yaml",
         "services:\n  a: {extends: b, image: x, ports: ['1:1']}\n  b: {extends: a, image: x}\n")},
     .expected = "partial\n"
                 "a 1 ->1 compose.yaml:2:38\n"
                 "KP902 error compose.yaml:3:16 'extends' leads back to where it started\n"},
    {"a base that is not there",
     {FILE("compose.yaml", "services:\n  a: {extends: nope, image: x, ports: ['1:1']}\n")},
     .expected =
         "partial\na 1 ->1 compose.yaml:2:41\n"
         "KP902 error compose.yaml:2:16 service 'a' extends 'nope', which does not exist\n"},
    {"include brings services with their own .env, the parent's value first",
     {FILE("compose.yaml", "include: [db/compose.yaml]\nservices: {web: {image: a}}\n"),
      FILE("db/compose.yaml", "services: {db: {image: a, ports: ['${P}:1', '${Q}:2']}}\n"),
      FILE(".env", "P=10\n"), FILE("db/.env", "P=20\nQ=30\n")},
     .expected = "db 10 ->1 db/compose.yaml:1:36 <- variable P .env:1:3 <- include db/compose.yaml "
                 "compose.yaml:1:11\n"
                 "db 30 ->2 db/compose.yaml:1:46 <- variable Q db/.env:2:3 <- include "
                 "db/compose.yaml compose.yaml:1:11\n"},
    {"a file that includes itself",
     {FILE("compose.yaml",
           "include: [compose.yaml]\nservices: {web: {image: a, ports: ['1:1']}}\n")},
     .expected = "partial\n"
                 "web 1 ->1 compose.yaml:2:37\n"
                 "KP902 error compose.yaml:1:11 'include' leads back to 'compose.yaml'\n"},
    {"a missing include leaves the rest",
     {FILE("compose.yaml", "include: [nope.yaml]\nservices: {web: {image: a, ports: ['1:1']}}\n")},
     .expected =
         "partial\n"
         "web 1 ->1 compose.yaml:2:37\n"
         "KP901 error compose.yaml:1:11 cannot read 'nope.yaml': No such file or directory\n"},
    {"aliases and merge keys are named",
     {FILE("compose.yaml", "x-p: &p ['1:1']\nx-s: &s {image: a, ports: ['2:2']}\nservices:\n  a: "
                           "{image: a, ports: *p}\n"
                           "  b: {<<: *s}\n")},
     .expected = "a 1 ->1 compose.yaml:1:11 <- alias *p compose.yaml:4:24\n"
                 "b 2 ->2 compose.yaml:2:29 <- merge-key  compose.yaml:5:11\n"},
    {"a variable from the environment has no file",
     {FILE("compose.yaml", "services: {web: {image: a, ports: ['${P}:80']}}\n")},
     .environment = {port_99},
     .expected = "web 99 ->80 compose.yaml:1:37 <- variable P -\n"},
    {"an unset variable leaves a random port, and is named",
     {FILE("compose.yaml", "services: {web: {image: a, ports: ['${P}:80']}}\n")},
     .expected = "web 0 ->80 compose.yaml:1:37\n"
                 "KP904 note compose.yaml:1:37 variable 'P' has no value: the port is unknown; "
                 "Compose publishes a "
                 "random one\n"},
    {"an unset variable that leaves nothing to parse is not an invalid port",
     {FILE("compose.yaml", "services: {web: {image: a, ports: ['80:${P}']}}\n")},
     .expected = "KP904 note compose.yaml:1:40 variable 'P' has no value: the port is unknown, and "
                 "Compose refuses the "
                 "project\n"},
    {"a required variable outside ports is a note",
     {FILE("compose.yaml", "services: {web: {image: '${I:?which}', ports: ['1:1']}}\n")},
     .expected = "web 1 ->1 compose.yaml:1:49\n"
                 "KP905 note compose.yaml:1:26 variable 'I' is required here and has no value\n"},
    {"a number and a text are two entries to Compose, equal texts are one",
     {FILE("compose.yaml",
           "services: {web: {image: a, ports: ['1:1', '1:1/tcp', {target: 1, published: 1}]}}\n")},
     .expected = "web 1 ->1 compose.yaml:1:44\nweb 1 ->1 compose.yaml:1:77\n"},
    {"a later single port cuts a range of the same offset",
     {FILE("compose.yaml", "services: {web: {image: a, ports: ['1-3:81-83', '2:82', '2:90']}}\n")},
     .expected = "web 1 ->81 compose.yaml:1:37\n"
                 "web 3 ->83 compose.yaml:1:37\n"
                 "web 2 ->82 compose.yaml:1:50\n"
                 "web 2 ->90 compose.yaml:1:58\n"},
    {"profiles switch services off; a target switches its own on, and what it needs",
     {FILE("compose.yaml",
           "services:\n  a: {image: x, profiles: [p], ports: ['1:1'], depends_on: [b]}\n"
           "  b: {image: x, ports: ['2:2']}\n  c: {image: x, ports: ['3:3']}\n")},
     .targets = {SV_LIT("a")},
     .expected = "a 1 ->1 compose.yaml:2:41\n"
                 "b 2 ->2 compose.yaml:3:26\n"},
    {"ports of a service that is not started are checked, and not published",
     {FILE("compose.yaml",
           "services:\n  a: {image: x, ports: ['1:1']}\n"
           "  b: {image: x, profiles: [p], ports: ['1:1', 'foo:80:80', {published: 80},\n"
           "      '${P}:80', '${P}:${P}/udp', {target: 80, published: abc}, {target: 70000},\n"
           "      {target: 80, protocol: icmp}, {target: 80, mode: 3}, {target: 80, foo: x}]}\n")},
     .expected = "a 1 ->1 compose.yaml:2:26\n"
                 "KP109 error compose.yaml:3:48 'foo' is not an IP address, and names are not "
                 "looked up\n"
                 "KP109 error compose.yaml:3:60 this port has no 'target'\n"
                 "KP904 note compose.yaml:4:19 variable 'P' has no value: the port is unknown, and "
                 "Compose refuses the project\n"
                 "KP904 note compose.yaml:4:24 variable 'P' has no value: the port is unknown, and "
                 "Compose refuses the project\n"
                 "KP109 error compose.yaml:5:56 'mode' of a port must be a string, this is an "
                 "integer\n"
                 "KP905 note compose.yaml:5:73 'foo' is no key of a port\n"},
    {"values are checked against the schema, the casts and the formats",
     {FILE(
         "compose.yaml",
         "services:\n"
         "  a: {image: x, tty: maybe, read_only: '${RO}', cpus: '', mem_limit: 1x, shm_size: 1Gi,\n"
         "      stop_grace_period: abc, oom_score_adj: '5', pids_limit: -1,\n"
         "      container_name: n, ulimits: {nofile: {soft: 1}}, environment: [{A: b}],\n"
         "      build: {context: ., target: 1}, healthcheck: {interval: 1m, test: [foo]}}\n")},
     .expected = "KP905 note compose.yaml:2:22 'tty' of 'a' is no boolean: 'maybe'\n"
                 "KP905 note compose.yaml:2:40 'read_only' of 'a' is no boolean: ''\n"
                 "KP905 note compose.yaml:2:55 'cpus' of 'a' is no number: ''\n"
                 "KP905 note compose.yaml:2:70 'mem_limit' of 'a' is no size: '1x'\n"
                 "KP905 note compose.yaml:2:84 'shm_size' of 'a' is no size: '1Gi'\n"
                 "KP905 note compose.yaml:3:26 'stop_grace_period' of 'a' is no duration: 'abc'\n"
                 "KP905 note compose.yaml:4:23 'container_name' of 'a' is no container name: 'n'\n"
                 "KP905 note compose.yaml:4:36 'ulimits.nofile' of 'a' has no 'hard'\n"
                 "KP905 note compose.yaml:4:70 'environment' of 'a' cannot be a mapping\n"
                 "KP905 note compose.yaml:5:27 'build.target' of 'a' cannot be an integer\n"
                 "KP905 note compose.yaml:5:67 'healthcheck.test' of 'a' must start with CMD, "
                 "CMD-SHELL or NONE, this is 'foo'\n"},
    {"words, and numbers from 0 on",
     {FILE("compose.yaml",
           "services:\n"
           "  a: {image: x, cgroup: own, extra_hosts: [db], storage_opt: {size: true}, pid: null,\n"
           "      blkio_config: {weight: -1, weight_device: [{path: /dev/a, rate: 1}]},\n"
           "      healthcheck: {retries: '-1'}, deploy: {replicas: null, update_config: {order: "
           "a}},\n"
           "      volumes: [{type: disk, target: /a, tmpfs: {mode: '5', size: -1}}]}\n")},
     .expected =
         "KP905 note compose.yaml:2:25 'cgroup' of 'a' must be 'host' or 'private', this is 'own'\n"
         "KP905 note compose.yaml:2:44 'extra_hosts' of 'a' has no address: 'db'\n"
         "KP905 note compose.yaml:2:63 'storage_opt.size' of 'a' cannot be a boolean\n"
         "KP905 note compose.yaml:2:76 'pid' of 'a' cannot be null\n"
         "KP905 note compose.yaml:3:30 'blkio_config.weight' of 'a' is below 0: '-1'\n"
         "KP905 note compose.yaml:3:65 'rate' is no key of 'blkio_config.weight_device' of 'a'\n"
         "KP905 note compose.yaml:4:30 'healthcheck.retries' of 'a' is below 0: '-1'\n"
         "KP905 note compose.yaml:4:46 'deploy.replicas' of 'a' cannot be null\n"
         "KP905 note compose.yaml:4:85 'deploy.update_config.order' of 'a' must be 'start-first' "
         "or 'stop-first', this is 'a'\n"
         "KP905 note compose.yaml:5:24 'volumes.type' of 'a' is no type of a mount: 'disk'\n"
         "KP905 note compose.yaml:5:50 'volumes.tmpfs.mode' of 'a' cannot be a string\n"
         "KP905 note compose.yaml:5:67 'volumes.tmpfs.size' of 'a' is below 0: '-1'\n"},
    {"objects inside others",
     {FILE(
         "compose.yaml",
         "services:\n"
         "  a: {image: x, post_start: [{user: root}], gpus: some,\n"
         "      develop: {watch: [{action: copy, path: ., exec: {command: a}}]},\n"
         "      build: {context: ., ulimits: {nofile: {soft: '1', hard: 2}}, ssh: [default, k]}}\n"
         "networks: {n: {external: {name: x, driver: d}}}\n"
         "models: {m: {model: ai, context_size: 1.5}}\n")},
     .expected =
         "KP908 note compose.yaml:2:17 'post_start' needs a Compose newer than 2.26, which refuses "
         "it; Debian's 2.26.1 takes it\n"
         "KP905 note compose.yaml:2:30 'post_start' of 'a' has no 'command'\n"
         "KP908 note compose.yaml:2:45 'gpus' needs a Compose newer than 2.26, which refuses it; "
         "Debian's 2.26.1 takes it\n"
         "KP905 note compose.yaml:2:51 'gpus' of 'a' must be 'all', this is 'some'\n"
         "KP905 note compose.yaml:3:34 'develop.watch.action' of 'a' must be 'rebuild', 'sync', "
         "'restart', 'sync+restart' or 'sync+exec', this is 'copy'\n"
         "KP905 note compose.yaml:4:46 'build.ulimits.nofile.soft' of 'a' cannot be a string\n"
         "KP905 note compose.yaml:4:83 'build.ssh' of 'a' has no '=': 'k'\n"
         "KP905 note compose.yaml:5:36 'driver' is no key of 'networks.n.external'\n"
         "KP908 note compose.yaml:6:1 'models' needs a Compose newer than 2.26, which refuses it\n"
         "KP905 note compose.yaml:6:25 'models.m.context_size' cannot be a number\n"},
    {"names that no part of the file defines",
     {FILE("compose.yaml",
           "services:\n"
           "  a: {image: x, secrets: [{target: t}], configs: [c], models: [m], env_file: '',\n"
           "      label_file: l, build: {context: ., secrets: [s]},\n"
           "      volumes: [{type: volume, source: v, target: /v}, 'w1:/v', 'c:/v']}\n")},
     .expected =
         "KP905 note compose.yaml:2:27 secret '' is not defined in this project\n"
         "KP905 note compose.yaml:2:51 config 'c' is not defined in this project\n"
         "KP908 note compose.yaml:2:55 'models' needs a Compose newer than 2.26, which refuses it\n"
         "KP905 note compose.yaml:2:64 model 'm' is not defined in this project\n"
         "KP905 note compose.yaml:2:78 env file '' does not exist\n"
         "KP908 note compose.yaml:3:7 'label_file' needs a Compose newer than 2.26, which refuses "
         "it; Debian's 2.26.1 takes it\n"
         "KP905 note compose.yaml:3:19 label file 'l' does not exist\n"
         "KP905 note compose.yaml:3:52 build secret 's' is not defined in this project\n"
         "KP905 note compose.yaml:4:17 volume 'v' is not defined in this project\n"
         "KP905 note compose.yaml:4:56 volume 'w1' is not defined in this project\n"},
    {"a service that is not started and other resources are checked as well",
     {FILE("compose.yaml",
           "services:\n  a: {image: x}\n"
           "  b: {image: x, profiles: [p], privileged: 'Yes', depends_on: [a, a], init: 1,\n"
           "      deploy: {resources: {limits: {memory: abc, foo: 1}}}, labels: {1: a}}\n"
           "volumes: {v: {external: maybe}, w: {external: true, driver: d}}\n"
           "secrets: {s: {}, t: {file: f, environment: E}, u: {external: true}}\n"
           "networks: {n: {ipam: {config: [{subnet: 1}]}, driver_opts: {mtu: 1}}}\n")},
     .expected =
         "KP905 note compose.yaml:3:67 'depends_on' of 'b' has an item twice: 'a'\n"
         "KP905 note compose.yaml:3:71 'init' of 'b' cannot be an integer\n"
         "KP905 note compose.yaml:4:45 'deploy.resources.limits.memory' of 'b' is no size: 'abc'\n"
         "KP905 note compose.yaml:4:50 'foo' is no key of 'deploy.resources.limits' of 'b'\n"
         "KP905 note compose.yaml:4:70 'labels' of 'b' has a key that is not a string: '1'\n"
         "KP905 note compose.yaml:5:25 'volumes.v.external' is no boolean: 'maybe'\n"
         "KP905 note compose.yaml:5:53 'w' is external and cannot have 'driver'\n"
         "KP905 note compose.yaml:6:11 's' needs one of 'file environment'\n"
         "KP905 note compose.yaml:6:18 't' has more than one of 'file environment'\n"
         "KP905 note compose.yaml:7:33 'networks.n.ipam.config.subnet' cannot be an integer\n"},
    {"lists without duplicates, in one file and merged",
     {FILE("compose.yaml", "services: {a: {image: x, security_opt: [a, b], cap_add: [A, A]}}\n"),
      FILE("compose.override.yaml", "services: {a: {security_opt: [a], group_add: [1, '1']}}\n")},
     .expected =
         "KP905 note compose.override.yaml:1:31 'security_opt' of 'a' has an item twice: 'a'\n"},
    {"durations and sizes as the version reads them",
     {FILE("compose.yaml", "services: {a: {image: x, stop_grace_period: 1d, mem_limit: 1ki, "
                           "container_name: nn}}\n")},
     .version = KPS_COMPOSE_2_26,
     .expected = "KP905 note compose.yaml:1:45 'stop_grace_period' of 'a' is no duration: '1d'\n"},
    {"the notation of volumes counts in every service, their names in those to start",
     {FILE("compose.yaml",
           "services:\n  b: {image: x, profiles: [p], volumes: [':/data', 'nn:/data']}\n")},
     .expected = "KP905 note compose.yaml:2:42 the volume ':/data' has an empty part\n"},
    {"a named profile",
     {FILE("compose.yaml", "services:\n  a: {image: x, profiles: [p], ports: ['1:1']}\n  b: "
                           "{image: x, profiles: [q], "
                           "ports: ['2:2']}\n")},
     .profile = SV_LIT("q"),
     .expected = "b 2 ->2 compose.yaml:3:41\n"},
    {"a target that is not there",
     {FILE("compose.yaml", "services: {a: {image: x, ports: ['1:1']}}\n")},
     .targets = {SV_LIT("nope")},
     .expected = "partial\nKP902 error - project 'shop' has no service 'nope'\n"},
    {"replicas are copies; none of them is idle",
     {FILE("compose.yaml", "services:\n  a: {image: x, ports: ['1:1'], deploy: {replicas: 3}}\n"
                           "  b: {image: x, ports: ['2:2'], scale: 0}\n")},
     .expected = "a 1 ->1 x3 compose.yaml:2:26\nb 2 ->2 x0 compose.yaml:3:26\n"},
    {"network modes make ports void",
     {FILE("compose.yaml",
           "services:\n  a: {image: x, network_mode: none, ports: ['1:1']}\n"
           "  b: {image: x, networks: [i], ports: ['2:2']}\nnetworks: {i: {internal: true}}\n")},
     .expected = "a 1 ->1 void compose.yaml:2:46\nb 2 ->2 void compose.yaml:3:41\n"
                 "KP106 warning compose.yaml:2:46 the ports of 'a' are not published\n"
                 "KP106 warning compose.yaml:3:41 the ports of 'b' are not published\n"},
    {"ports in somebody else's namespace are refused",
     {FILE("compose.yaml", "services:\n  v: {image: x}\n  a: {image: x, network_mode: 'service:v', "
                           "ports: ['1:1']}\n")},
     .expected = "a 1 ->1 void compose.yaml:3:53\nKP106 error compose.yaml:3:53 the ports of 'a' "
                 "cannot be published\n"},
    {"no container is created of none",
     {FILE("compose.yaml", "services:\n  v: {image: x}\n  a: {image: x, network_mode: 'service:v', "
                           "scale: 0, ports: ['1:1']}\n")},
     .expected = "a 1 ->1 x0 void compose.yaml:3:63\n"},
    {"a bridge bound to one address",
     {FILE("compose.yaml",
           "services: {a: {image: x, ports: ['1:1']}}\nnetworks:\n  default:\n    driver_opts:\n"
           "      com.docker.network.bridge.host_binding_ipv4: 127.0.0.1\n")},
     .expected = "a 1 127.0.0.1->1 compose.yaml:1:35\n"},
    {"a host IP that is none is published everywhere",
     {FILE(
         "compose.yaml",
         "services: {a: {image: x, ports: [{target: 1, published: '2', host_ip: localhost}]}}\n")},
     .version = KPS_COMPOSE_2_26,
     .expected = "a 2 ->1 compose.yaml:1:58\nKP109 error compose.yaml:1:71 host IP 'localhost' is "
                 "no IP address: the port "
                 "is published on every address\n"},
    {"newer Compose refuses a host IP that is none",
     {FILE(
         "compose.yaml",
         "services: {a: {image: x, ports: [{target: 1, published: '2', host_ip: localhost}]}}\n")},
     .expected = "a 2 ->1 compose.yaml:1:58\n"
                 "KP109 error compose.yaml:1:71 host IP 'localhost' is no IP address\n"},
    {"what Compose refuses for other reasons is a note",
     {FILE("compose.yaml", "services:\n  a: {ports: ['1:1'], networks: [n], volumes: ['vol:/x'], "
                           "nope: 1, env_file: e}\n")},
     .expected = "a 1 ->1 compose.yaml:2:16\n"
                 "KP905 note compose.yaml:2:3 'a' has neither 'image' nor 'build'\n"
                 "KP905 note compose.yaml:2:34 network 'n' is not defined in this project\n"
                 "KP905 note compose.yaml:2:48 volume 'vol' is not defined in this project\n"
                 "KP905 note compose.yaml:2:59 'nope' is no key of a service\n"
                 "KP905 note compose.yaml:2:78 env file 'e' does not exist\n"},
    {"an empty image is none, and an empty build is this folder",
     {FILE("compose.yaml", "services:\n  a: {image: '', ports: ['1:1']}\n"
                           "  b: {image: '${UNSET-}', ports: ['2:2']}\n"
                           "  c: {image: '', build: '', ports: ['3:3']}\n"
                           "  d: {image: '', provider: {type: x}}\n")},
     .expected = "a 1 ->1 compose.yaml:2:27\nb 2 ->2 compose.yaml:3:36\nc 3 ->3 compose.yaml:4:38\n"
                 "KP905 note compose.yaml:2:3 'a' has neither 'image' nor 'build'\n"
                 "KP905 note compose.yaml:3:3 'b' has neither 'image' nor 'build'\n"
                 "KP908 note compose.yaml:5:18 'provider' needs a Compose newer than 2.26, which "
                 "refuses it\n"},
    {"keys that no version here knows, or the newer two alone",
     {FILE("compose.yaml", "services:\n"
                           "  a: {image: x, pre_start: [], networks: {n: {interface_name: e}}}\n"
                           "networks: {n: {}}\n")},
     .expected =
         "KP908 note compose.yaml:2:17 'pre_start' needs a Compose newer than 2.40, which refuses "
         "it\n"
         "KP908 note compose.yaml:2:47 'interface_name' needs a Compose newer than 2.26, which "
         "refuses it\n"},
    {"ports that an override replaces are read all the same",
     {FILE("compose.yaml",
           "services:\n"
           "  a: {image: x, ports: ['99999:80', {target: 80, k: 1}, {target: 70000}]}\n"
           "  b: {image: x, ports: '1:1'}\n"
           "  c: {image: x, ports: [{target: 80, host_ip: localhost}, ':::']}\n"
           "  d: {image: x, ports: ['${Q:?}:1', '2:2:2:2:2']}\n"),
      FILE("compose.override.yaml", "services:\n"
                                    "  a: {ports: !override ['1:1']}\n"
                                    "  b: {ports: !reset []}\n"
                                    "  c: {ports: !reset []}\n"
                                    "  d: {labels: {e: f}}\n")},
     .expected =
         "a 1 ->1 compose.override.yaml:2:26 <- override compose.override.yaml "
         "compose.override.yaml:1:1\n"
         "KP109 error compose.yaml:2:26 host port '99999' is above 65535\n"
         "KP905 note compose.yaml:2:50 'k' is no key of a port\n"
         "KP109 error compose.yaml:3:24 'ports' must be a list, this is a string\n"
         "KP109 error compose.yaml:4:60 ':' is not an IP address\n"
         "KP904 note compose.yaml:5:26 variable 'Q' is required here and has no value: the port is "
         "unknown, and Compose refuses the project\n"
         "KP109 error compose.yaml:5:38 '2:2:2' is not an IP address\n"},
    {"values that a later layer replaces are checked once",
     {FILE("compose.yaml",
           "services:\n"
           "  a: {image: 5, tty: 'perhaps', cgroup: any, scale: -1, mem_limit: much,\n"
           "      stop_grace_period: soon, ulimits: {nofile: {soft: 1}}, extra_hosts: [h],\n"
           "      cpus: many, deploy: {resources: {limits: {cpus: many}}, replicas: no2}, "
           "hostname: 5,\n"
           "      healthcheck: {test: [ls]}, blkio_config: {weight: -1}, foo: 1}\n"
           "networks: {n: {driver: 5}, m: {foo: 1}}\n"
           "secrets: {s: {}}\n"
           "---\n"
           "services:\n"
           "  a: {image: x, tty: true, cgroup: host, scale: 1, mem_limit: 1g,\n"
           "      stop_grace_period: 1s, ulimits: {nofile: {hard: 1}}, extra_hosts: !reset [],\n"
           "      cpus: 1, deploy: !reset {}, healthcheck: !reset {}, blkio_config: !reset {}}\n"
           "networks: {n: {driver: bridge}}\n"
           "secrets: {s: {file: f}}\n")},
     .expected =
         "KP905 note compose.yaml:2:7 'image' of 'a' cannot be an integer\n"
         "KP905 note compose.yaml:2:22 'tty' of 'a' is no boolean: 'perhaps'\n"
         "KP905 note compose.yaml:2:41 'cgroup' of 'a' must be 'host' or 'private', this is 'any'\n"
         "KP905 note compose.yaml:3:42 'ulimits.nofile' of 'a' has no 'hard'\n"
         "KP905 note compose.yaml:4:13 'cpus' of 'a' is no number: 'many'\n"
         "KP905 note compose.yaml:4:73 'deploy.replicas' of 'a' is no number: 'no2'\n"
         "KP905 note compose.yaml:4:79 'hostname' of 'a' cannot be an integer\n"
         "KP905 note compose.yaml:5:62 'foo' is no key of a service\n"
         "KP905 note compose.yaml:6:16 'networks.n.driver' cannot be an integer\n"
         "KP905 note compose.yaml:6:32 'foo' is no key of 'networks.m'\n"
         "KP905 note compose.yaml:11:40 'ulimits.nofile' of 'a' has no 'soft'\n"},
    {"watched paths and the sources of secrets",
     {FILE(
         "compose.yaml",
         "services:\n"
         "  a: {image: x, develop: {watch: [{action: sync, path: p}, {action: rebuild, path: p},\n"
         "      {action: sync+exec, path: p, target: ''}, {action: restart, path: p},\n"
         "      {action: sync, path: ' ', target: ' '}, {action: rebuild, path: '${NO-}'}]}}\n"
         "  b: {image: x, profiles: [q], develop: {watch: [{action: sync, path: p},\n"
         "      {action: sync, path: ''}]}}\n"
         "secrets: {s: {environment: ''}, t: {external: false}, u: {file: ''}, v: {},\n"
         "          w: {external: {name: z}}, x: {external: true, environment: ''}}\n"
         "configs: {s: {environment: ''}, t: {external: false}}\n")},
     .expected = "KP905 note compose.yaml:2:35 'a' has a watch action 'sync' without 'target'\n"
                 "KP905 note compose.yaml:3:7 'a' has a watch action 'sync+exec' without 'target'\n"
                 "KP905 note compose.yaml:4:71 'a' watches an empty path\n"
                 "KP905 note compose.yaml:6:28 'b' watches an empty path\n"
                 "KP905 note compose.yaml:7:11 's' needs one of 'file environment'\n"
                 "KP905 note compose.yaml:7:33 't' needs one of 'file environment'\n"
                 "KP905 note compose.yaml:7:70 'v' needs one of 'file environment'\n"},
    {"a container name of two services: no version starts both",
     {FILE("compose.yaml", "services:\n"
                           "  a: {image: x, container_name: nn}\n"
                           "  b: {image: x, container_name: nn}\n"
                           "  c: {image: x, container_name: mm, scale: 0}\n"
                           "  d: {image: x, container_name: mm}\n")},
     .expected =
         "KP905 note compose.yaml:3:33 container name 'nn' is given to two services\n"
         "KP908 note compose.yaml:5:33 Compose 2.40 refuses container name 'mm', which another "
         "service has as well\n"},
    {"what an entry leaves of a range is an entry again",
     {FILE("compose.yaml",
           "services:\n"
           "  a:\n"
           "    image: x\n"
           "    ports: ['3000-3002:80-82', '3001:81', {target: 82, published: '3002'}]\n")},
     .expected = "a 3000 ->80 compose.yaml:4:14\n"
                 "a 3001 ->81 compose.yaml:4:33\n"
                 "a 3002 ->82 compose.yaml:4:68\n"},
    {"several documents are layers",
     {FILE("compose.yaml",
           "services: {a: {image: x, ports: ['1:1']}}\n---\nservices: {a: {ports: ['2:2']}}\n")},
     .expected = "a 1 ->1 compose.yaml:1:35\na 2 ->2 compose.yaml:3:25 <- override document 2 of "
                 "compose.yaml "
                 "compose.yaml:3:1\n"},
    {"a broken part does not hide the others",
     {FILE("compose.yaml", "services:\n  a: 1\n  b: {image: x, ports: ['x:1', '2:2']}\n")},
     .expected = "partial\n"
                 "b 2 ->2 compose.yaml:3:33\n"
                 "KP902 error compose.yaml:2:6 service 'a' must be a mapping, this is an integer\n"
                 "KP109 error compose.yaml:3:26 host port 'x' is not a number\n"},
    {"a file that is named brings the .env beside it alone",
     {FILE("sub/compose.yaml", "services: {a: {image: x, ports: ['${P}:1', '${Q}:2']}}\n"),
      FILE("sub/.env", "P=10\nQ=20\n"), FILE(".env", "P=11\nQ=20\n")},
     {SV_LIT("sub/compose.yaml")},
     .expected = "a 10 ->1 sub/compose.yaml:1:35 <- variable P sub/.env:1:3\n"
                 "a 20 ->2 sub/compose.yaml:1:45 <- variable Q sub/.env:2:3\n"},
    {"a file that is found above counts the .env where the search starts first",
     {{SV_LIT("/p/compose.yaml"),
       SV_LIT("services: {a: {image: x, ports: ['${P}:1', '${Q}:2']}}\n")},
      {SV_LIT("/p/.env"), SV_LIT("P=10\nQ=20\n")},
      FILE(".env", "P=11\n")},
     .expected = "a 11 ->1 ../compose.yaml:1:35 <- variable P .env:1:3\n"
                 "a 20 ->2 ../compose.yaml:1:45 <- variable Q ../.env:2:3\n"
                 "KP908 note ../compose.yaml:1:35 Compose before 2.40 takes 'P' from the .env of "
                 "the project: '10'\n"},
    {"up to 2.26 it counts the .env beside it alone",
     {{SV_LIT("/p/compose.yaml"),
       SV_LIT("services: {a: {image: x, ports: ['${P}:1', '${Q}:2']}}\n")},
      {SV_LIT("/p/.env"), SV_LIT("P=10\nQ=20\n")},
      FILE(".env", "P=11\n")},
     .version = KPS_COMPOSE_2_26,
     .expected = "a 10 ->1 ../compose.yaml:1:35 <- variable P ../.env:1:3\n"
                 "a 20 ->2 ../compose.yaml:1:45 <- variable Q ../.env:2:3\n"
                 "KP908 note ../compose.yaml:1:35 Compose from 2.40 on takes 'P' from the .env of "
                 "the working directory: '11'\n"},
    {"a !reset inside an alias counts from Compose 5 on",
     {FILE("a.yaml", "services: {a: {image: x, ports: ['1:1']}}\n"),
      FILE("b.yaml", "x-s: &s {ports: !reset []}\nservices: {a: *s}\n")},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected = "KP908 note b.yaml:1:24 Compose before 5 does not apply this !reset to service "
                 "'a'\n"},
    {"before that it stays where it is written",
     {FILE("a.yaml", "services: {a: {image: x, ports: ['1:1']}}\n"),
      FILE("b.yaml", "x-s: &s {ports: !reset []}\nservices: {a: *s}\n")},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .version = KPS_COMPOSE_2_40,
     .expected = "a 1 ->1 a.yaml:1:35\n"
                 "KP908 note b.yaml:1:24 Compose from 5 on applies this !reset to service 'a'\n"},
    {"an included service and an own one of its name are one service from Compose 5 on",
     {FILE("compose.yaml", "include: [i.yaml]\nservices: {a: {ports: ['2:2']}, b: {extends: a}}\n"),
      FILE("i.yaml", "services: {a: {image: x, ports: ['1:1']}}\n")},
     .expected =
         "a 1 ->1 i.yaml:1:35 <- include i.yaml compose.yaml:1:11\n"
         "a 2 ->2 compose.yaml:2:25\n"
         "b 1 ->1 i.yaml:1:35 <- include i.yaml compose.yaml:1:11 <- extends service a "
         "compose.yaml:2:46\n"
         "b 2 ->2 compose.yaml:2:25 <- extends service a compose.yaml:2:46\n"
         "KP908 note compose.yaml:2:12 'a' of services is defined here and in an included file: "
         "Compose before 5 refuses the project\n"},
    {"before that it is a conflict",
     {FILE("compose.yaml", "include: [i.yaml]\nservices: {a: {image: y, ports: ['2:2']}}\n"),
      FILE("i.yaml", "services: {a: {image: x, ports: ['1:1']}}\n")},
     .version = KPS_COMPOSE_2_40,
     .expected = "a 2 ->2 compose.yaml:2:35\n"
                 "KP905 note compose.yaml:2:12 'a' of services is defined here and in an included "
                 "file\n"},
    {"an empty section is no mapping to Compose",
     {{SV_LIT("/p/shop/compose.yaml"),
       SV_LIT("services:\n  a: {image: x, ports: ['80:80']}\nvolumes:\nnetworks: 5\n")}},
     .expected = "a 80 ->80 compose.yaml:2:26\nKP905 note compose.yaml:3:1 'volumes' must be a "
                 "mapping\n"},
    {"an override that empties a section",
     {{SV_LIT("/p/shop/a.yaml"),
       SV_LIT("services:\n  a: {image: x, ports: ['80:80']}\nsecrets: {}\n")},
      {SV_LIT("/p/shop/b.yaml"), SV_LIT("secrets: !override\n")}},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected = "a 80 ->80 a.yaml:2:26\nKP905 note b.yaml:1:1 'secrets' must be a mapping\n"},
    {"an override of null leaves a section",
     {{SV_LIT("/p/shop/a.yaml"),
       SV_LIT("services:\n  a: {image: x, ports: ['80:80']}\nsecrets: {}\n")},
      {SV_LIT("/p/shop/b.yaml"), SV_LIT("secrets:\n")}},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected = "a 80 ->80 a.yaml:2:26\n"},
    {"but not the services",
     {{SV_LIT("/p/shop/a.yaml"), SV_LIT("services:\n  a: {image: x, ports: ['80:80']}\n")},
      {SV_LIT("/p/shop/b.yaml"), SV_LIT("services:\n")}},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected = "a 80 ->80 a.yaml:2:26\nKP905 note b.yaml:1:1 'services' must be a mapping\n"},
    {"a noted section hides no lost services",
     {{SV_LIT("/p/shop/a.yaml"),
       SV_LIT("services:\n  a: {image: x, ports: ['80:80']}\nvolumes:\n")},
      {SV_LIT("/p/shop/b.yaml"), SV_LIT("services: []\n")}},
     {SV_LIT("a.yaml"), SV_LIT("b.yaml")},
     .expected =
         "partial\nKP905 note a.yaml:3:1 'volumes' must be a mapping\nKP902 error "
         "b.yaml:1:11 'services' must be a mapping, this is a list\nKP905 note b.yaml:1:11 this "
         "cannot override a mapping by a list\n"},
    {"services of an included file",
     {{SV_LIT("/p/shop/compose.yaml"),
       SV_LIT("include: [i.yaml]\nservices:\n  a: {image: x, ports: ['80:80']}\n")},
      {SV_LIT("/p/shop/i.yaml"), SV_LIT("services: []\n")}},
     .expected = "partial\na 80 ->80 compose.yaml:3:26\nKP902 error i.yaml:1:11 'services' must be "
                 "a mapping, this is a list\n"},
    {"a project of nothing",
     {{SV_LIT("/p/shop/compose.yaml"), SV_LIT("{}\n")}},
     .expected = "failed\nthis Compose file is empty\n"},
    {"a project that resets its services",
     {{SV_LIT("/p/shop/compose.yaml"), SV_LIT("services: !reset {a: {image: x}}\n")}},
     .expected = "failed\nthis Compose file is empty\n"},
    {"no file at all", {{SV_LIT("/elsewhere/x"), SV_LIT("")}}, .expected = "not found\n"},
};

static void test_stories(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(STORIES); i++) {
        struct kps_sv told = tell(&STORIES[i]);
        if (!kps_sv_eq(told, kps_sv_of(STORIES[i].expected))) {
            print_error("%s:\n--- expected\n%s--- told\n%.*s", STORIES[i].why, STORIES[i].expected,
                        SV_ARG(told));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* A chain of 257 steps is too long, whichever of its services stands first in the file. */
static void test_long_chains_of_extends(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_buf file = KPS_BUF(arena);
        kps_buf_add(&file, SV("services:\n"));
        for (unsigned line = 0; line < 258; line++) {
            unsigned i = order ? 257 - line : line;
            if (i == 0) {
                kps_buf_add(&file, SV(" s0: {image: x, ports: ['80:80']}\n"));
            } else {
                kps_buf_fmt(&file, " s%u: {extends: s%u}\n", i, i - 1);
            }
        }
        struct story story = {.files = {{SV_LIT("/p/shop/compose.yaml"), kps_buf_sv(&file)}}};
        struct kps_sv told = tell(&story);
        struct kps_sv want = SV("'extends' goes on for more than 256 services\n");
        if (kps_sv_search(told, want) == told.n || !kps_sv_starts(told, SV("partial\n"))) {
            fail_msg("order %u: %.*s", order, (int)(told.n < 300 ? told.n : 300), told.p);
        }
        kps_arena_free(arena);
    }
}

/* Add a text with the number in place of its '#'. */
static void add_numbered(struct kps_buf *file, const char *text, uint32_t number)
{
    struct kps_sv before = kps_sv_before(kps_sv_of(text), '#');
    kps_buf_fmt(file, "%.*s%u%s", SV_ARG(before), number, text + before.n + 1);
}

/* A document of one line copies each mapping that it changes, a service the ports of its base. */
static void test_merges_are_bounded(void **state)
{
    (void)state;
    enum { N = 20000 };
    static const struct {
        const char *head, *one, *more; /* '#' is a number */
    } rows[] = {
        {"services:\n", "  s#: {image: x}\n", "---\nservices: {s#: {tty: true}}\n"},
        {"services:\n  a:\n    image: x\n    ports:\n", "      - '#'\n",
         "---\nservices: {a: {ports: ['#']}}\n"},
        {"services:\n  a:\n    image: x\n    ports:\n", "      - '#'\n",
         "  s#: {extends: a, ports: ['1']}\n"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        for (unsigned is_more = 0; is_more < 2; is_more++) {
            struct kps_arena *arena = kps_arena_new();
            struct kps_buf file = KPS_BUF(arena);
            kps_buf_add(&file, kps_sv_of(rows[i].head));
            for (uint32_t k = 1; k <= N; k++) {
                add_numbered(&file, rows[i].one, k);
            }
            for (uint32_t k = 1; k <= (is_more ? 4000000 / N + 10 : 2); k++) {
                add_numbered(&file, rows[i].more, k);
            }
            struct story story = {.files = {{SV_LIT("/p/shop/compose.yaml"), kps_buf_sv(&file)}}};
            struct kps_sv told = tell(&story);
            bool is_bounded =
                kps_sv_search(told, SV(" copies more than 4000000 values\n")) < told.n;
            if (is_bounded != is_more || kps_sv_has_head(told, "partial\n") != is_more) {
                fail_msg("row %zu: %.*s", i, (int)(told.n < 300 ? told.n : 300), told.p);
            }
            kps_arena_free(arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories),
                                       cmocka_unit_test(test_long_chains_of_extends),
                                       cmocka_unit_test(test_merges_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
