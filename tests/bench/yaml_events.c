#include <stdio.h>
#include <yaml.h>

/*
 * usage: bench_yaml_events FILE
 * The least that a program which understands YAML can do: pull all of libyaml's events of a file,
 * and exit. What kportscan costs is measured against it.
 */

static int pull_all(yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return 1;
        }
        int end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (end) {
            return 0;
        }
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    yaml_parser_t parser;
    if (!file || !yaml_parser_initialize(&parser)) {
        return 2;
    }
    yaml_parser_set_input_file(&parser, file);
    int failed = pull_all(&parser);
    yaml_parser_delete(&parser);
    fclose(file);
    return failed;
}
