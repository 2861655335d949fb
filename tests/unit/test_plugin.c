#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "plugin/docker_command.h"
#include "plugin/hook_request.h"
#include "plugin/plugin.h"

/* Calls as docker/cli 28.5 and its main of August 2026 make them, and foreign ones. */

static struct kps_arena *arena;

/* Split at blanks. Return: how many words. */
static size_t split_words(const char *text, struct kps_sv *ret)
{
    struct kps_sv rest = kps_sv_of(text);
    size_t n = 0;
    while (rest.n) {
        size_t end = kps_sv_find(rest, ' ');
        ret[n++] = kps_sv_copy(arena, kps_sv_slice(rest, 0, end));
        rest = kps_sv_from(rest, end + 1);
    }
    return n;
}

static char **make_argv(const char *text, int *ret_argc)
{
    struct kps_sv words[64];
    size_t n = split_words(text, words);
    char **argv = KPS_NEW_N(arena, char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        argv[i] = memcpy(kps_alloc(arena, words[i].n + 1), words[i].p, words[i].n);
    }
    *ret_argc = (int)n;
    return argv;
}

static void test_calls(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        enum kps_plugin_kind kind;
        const char *arguments; /* behind argv[0]; of a failure: what the reason contains */
    } cases[] = {
        {"kportscan 3000", KPS_PLUGIN_NONE, "3000"},
        {"/x/docker-kportscan.sh kportscan 3000", KPS_PLUGIN_NONE, "kportscan 3000"},
        {"/x/docker-kportscan docker-cli-plugin-metadata", KPS_PLUGIN_METADATA, NULL},
        {"docker-kportscan kportscan docker-cli-plugin-hooks {}", KPS_PLUGIN_HOOK, NULL},
        {"docker-kportscan kportscan 3000", KPS_PLUGIN_RUN, "3000"},
        {"docker-kportscan kportscan", KPS_PLUGIN_RUN, ""},
        {"docker-kportscan kportscan --help", KPS_PLUGIN_RUN, "--help"},
        {"docker-kportscan help kportscan", KPS_PLUGIN_RUN, "--help"},
        {"docker-kportscan -H tcp://h:1 kportscan 80", KPS_PLUGIN_RUN,
         "--docker-host tcp://h:1 80"},
        {"docker-kportscan --host=tcp://h:1 kportscan", KPS_PLUGIN_RUN, "--docker-host tcp://h:1"},
        {"docker-kportscan -Htcp://h:1 kportscan", KPS_PLUGIN_RUN, "--docker-host tcp://h:1"},
        {"docker-kportscan --context nas -D kportscan --docker", KPS_PLUGIN_RUN,
         "--context nas --verbose --docker"},
        {"docker-kportscan -c nas kportscan", KPS_PLUGIN_RUN, "--context nas"},
        {"docker-kportscan -l debug --config /c kportscan 1", KPS_PLUGIN_RUN, "1"},
        {"docker-kportscan kportscan -H unix:///x", KPS_PLUGIN_RUN, "-H unix:///x"},
        {"docker-kportscan __complete kportscan --fr", KPS_PLUGIN_COMPLETE, "--fr"},
        {"docker-kportscan -H a -H b kportscan", KPS_PLUGIN_RUN, "!one -H only"},
        {"docker-kportscan -H a --context b kportscan", KPS_PLUGIN_RUN, "!two engines"},
        {"docker-kportscan --context", KPS_PLUGIN_RUN, "!wants a value"},
        {"docker-kportscan --what kportscan", KPS_PLUGIN_RUN, "!'--what' is not known"},
        {"docker-kportscan --tlscacert /a/other.pem kportscan", KPS_PLUGIN_RUN, "!not 'ca.pem'"},
        {"docker-kportscan --tlscacert /a/ca.pem --tlskey /b/key.pem kportscan", KPS_PLUGIN_RUN,
         "!of one folder"},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        int argc = 0;
        char **argv = make_argv(cases[i].call, &argc);
        struct kps_plugin_call call;
        struct kps_sv error = {"", 0};
        bool is_read = kps_plugin_read(arena, argc, argv, &call, &error);
        if (cases[i].arguments && cases[i].arguments[0] == '!') {
            assert_false(is_read);
            assert_non_null(strstr(error.p, cases[i].arguments + 1));
            continue;
        }
        assert_true(is_read);
        assert_int_equal(call.kind, cases[i].kind);
        struct kps_buf found = KPS_BUF(arena);
        for (int k = 1; cases[i].arguments && k < call.argc; k++) {
            kps_buf_fmt(&found, "%s%s", k > 1 ? " " : "", call.argv[k]);
        }
        if (cases[i].arguments) {
            assert_string_equal(found.n ? kps_buf_sv(&found).p : "", cases[i].arguments);
        }
    }
}

static void test_flags_of_the_environment(void **state)
{
    (void)state;
    int argc = 0;
    char **argv = make_argv("docker-kportscan --config /c --tlsverify --tlscacert /t/ca.pem "
                            "--tlscert=/t/cert.pem --tlskey /t/key.pem kportscan 80",
                            &argc);
    struct kps_plugin_call call;
    struct kps_sv error = {"", 0};
    assert_true(kps_plugin_read(arena, argc, argv, &call, &error));
    assert_string_equal(call.config, "/c");
    assert_string_equal(call.tls_verify, "1");
    assert_string_equal(call.cert_path, "/t");
    assert_null(call.tls);
}

static void put_list(struct kps_buf *out, const char *name, const struct kps_sv *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kps_buf_fmt(out, " %s=%.*s", name, SV_ARG(v[i]));
    }
}

static const char *describe_command(const struct kps_docker_command *command)
{
    static const char *const verbs[] = {
        [KPS_DOCKER_OTHER] = "other",
        [KPS_DOCKER_COMPOSE_START] = "compose-start",
        [KPS_DOCKER_COMPOSE_RUN] = "compose-run",
        [KPS_DOCKER_RUN] = "run",
        [KPS_DOCKER_START] = "start",
        [KPS_DOCKER_SWARM] = "swarm",
    };
    struct kps_buf out = KPS_BUF(arena);
    kps_buf_add(&out, kps_sv_of(verbs[command->verb]));
    put_list(&out, "host", &command->host, command->host.n ? 1 : 0);
    put_list(&out, "context", &command->context, command->context.n ? 1 : 0);
    put_list(&out, "file", command->files.v, command->files.n);
    put_list(&out, "profile", command->profiles.v, command->profiles.n);
    put_list(&out, "env", command->env_files.v, command->env_files.n);
    put_list(&out, "name", &command->project_name, command->project_name.n ? 1 : 0);
    put_list(&out, "folder", &command->project_directory, command->project_directory.n ? 1 : 0);
    put_list(&out, "of", command->names.v, command->names.n);
    put_list(&out, "publish", command->publishes.v, command->publishes.n);
    kps_buf_add(&out, command->publishes_service ? SV(" service-ports") : SV(""));
    return kps_buf_sv(&out).p;
}

static void test_commands(void **state)
{
    (void)state;
    static const struct {
        const char *words, *meaning;
    } cases[] = {
        {"docker compose up -d", "compose-start"},
        {"docker compose up", "compose-start"},
        {"docker compose -f a.yaml --file=b.yaml -p shop --profile dev --env-file .e up web db",
         "compose-start file=a.yaml file=b.yaml profile=dev env=.e name=shop of=web of=db"},
        {"docker compose -fa.yaml up --scale web=3 -t 5 --wait web",
         "compose-start file=a.yaml of=web"},
        {"docker -H tcp://h:1 --context=nas compose --project-directory d start",
         "compose-start host=tcp://h:1 context=nas folder=d"},
        {"docker compose restart -t 1 web", "compose-start of=web"},
        {"docker compose create", "compose-start"},
        {"docker compose logs web", "other"},
        {"docker compose --ansi never config", "other"},
        {"docker compose run --rm -p 8080:80 -e A=b web sh -p 1",
         "compose-run of=web publish=8080:80"},
        {"docker compose run --service-ports web", "compose-run of=web service-ports"},
        {"docker compose", "other"},
        {"docker run -d -p 3000:80 nginx -p 1:1", "run publish=3000:80"},
        {"docker run -dit --name x -p=3000:80 --publish 127.0.0.1:81:81/udp --publish=82:82 img",
         "run publish=3000:80 publish=127.0.0.1:81:81/udp publish=82:82"},
        {"docker container run --network n -p80:80 img", "run publish=80:80"},
        {"docker create -e A -v /a:/b -p 90:90 img cmd", "run publish=90:90"},
        {"docker run --rm --memory 1g -p 91:91 img", "run publish=91:91"},
        {"docker run -eA=b -p 92:92 img", "run publish=92:92"},
        {"docker start web db", "start of=web of=db"},
        {"docker container start -a web", "start of=web"},
        {"docker restart -t 3 web", "start of=web"},
        {"docker stack deploy -c s.yaml x", "swarm"},
        {"docker service create --publish 80:80 img", "swarm"},
        {"docker service ls", "other"},
        {"docker ps", "other"},
        {"docker", "other"},
        {"docker -H", "other"},
        {"docker run -p", "run publish="},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        struct kps_sv words[64];
        size_t n = split_words(cases[i].words, words);
        struct kps_docker_command command;
        kps_docker_command_read(words, n, &command);
        assert_string_equal(describe_command(&command), cases[i].meaning);
        kps_docker_command_free(&command);
    }
}

static void test_command_line_of_a_process(void **state)
{
    (void)state;
    struct kps_sv *words = NULL;
    assert_int_equal(kps_docker_command_split(arena, SV("/usr/bin/docker\0compose\0up\0"), &words),
                     3);
    assert_string_equal(words[2].p, "up");
    assert_int_equal(kps_docker_command_split(arena, SV("bash\0-c\0docker\0"), &words), 0);
    assert_int_equal(kps_docker_command_split(arena, SV("docker-compose\0up\0"), &words), 0);
    assert_int_equal(kps_docker_command_split(arena, SV(""), &words), 0);
}

static void test_host_side(void **state)
{
    (void)state;
    static const struct {
        const char *published, *question;
    } cases[] = {
        {"3000:80", "3000"},
        {"127.0.0.1:3000:80/udp", "127.0.0.1:3000/udp"},
        {"[::1]:3000:80", "[::1]:3000"},
        {"3000-3005:80-85", "3000-3005"},
        {"80", ""},
        {"80/udp", ""},
        {"127.0.0.1::80", ""},
        {"mode=host,published=8080,target=80", "8080"},
        {"published=53,target=53,protocol=udp", "53/udp"},
        {"target=80", ""},
        {"", ""},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        struct kps_sv found = kps_docker_command_host_side(arena, kps_sv_of(cases[i].published));
        assert_int_equal(found.n, strlen(cases[i].question));
        assert_memory_equal(found.p, cases[i].question, found.n);
    }
}

static void test_requests(void **state)
{
    (void)state;
    struct kps_hook_request request;
    assert_true(kps_hook_request_read(
        arena,
        SV("{\"RootCmd\":\"compose\",\"Flags\":{\"d\":\"\"},\"CommandError\":\"exited with "
           "code 1\",\"New\":[1]}"),
        &request));
    assert_string_equal(request.root_command.p, "compose");
    assert_string_equal(request.command_error.p, "exited with code 1");
    assert_false(request.has_project_flag);
    assert_true(kps_hook_request_read(arena, SV("{\"Flags\":{\"p=x\":\"\"}}"), &request));
    assert_true(request.has_project_flag);
    assert_int_equal(request.command_error.n, 0);
    assert_true(kps_hook_request_read(arena, SV("{\"RootCmd\":7,\"Flags\":[]}"), &request));
    assert_false(request.has_flags);
    static const char *const bad[] = {"", "x", "[]", "null", "{\"a\":}", "\"compose\""};
    for (size_t i = 0; i < KPS_COUNT(bad); i++) {
        assert_false(kps_hook_request_read(arena, kps_sv_of(bad[i]), &request));
    }
}

static void test_answers(void **state)
{
    (void)state;
    assert_string_equal(kps_hook_request_answer(arena, SV("")).p, "{\"Type\":0,\"Template\":\"\"}");
    assert_string_equal(kps_hook_request_answer(arena, SV("port 80: \"x\"\nkill 1")).p,
                        "{\"Type\":0,\"Template\":\"port 80: \\\"x\\\"\\nkill 1\"}");
    assert_string_equal(kps_hook_request_answer(arena, SV("{{.Name}} } {{{")).p,
                        "{\"Type\":0,\"Template\":\"{{\\\"{{\\\"}}.Name}} } {{\\\"{{\\\"}}{\"}");
}

static int set_up(void **state)
{
    (void)state;
    arena = kps_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kps_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flags_of_the_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command_line_of_a_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_host_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
