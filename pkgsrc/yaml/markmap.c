#include "yaml/markmap.h"

struct kps_markmap kps_markmap_of(const struct kps_yaml_input *input)
{
    return (struct kps_markmap){.input = input, .byte = input->start};
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

uint32_t kps_markmap_walk(struct kps_markmap *map, size_t index)
{
    const struct kps_yaml_input *input = map->input;
    while (map->index < index && map->byte < input->bytes.n) {
        do {
            map->byte++;
        } while (map->byte < input->bytes.n && is_continuation(input->bytes.p[map->byte]));
        map->index++;
    }
    while (map->index > index) {
        do {
            map->byte--;
        } while (is_continuation(input->bytes.p[map->byte]));
        map->index--;
    }
    return (uint32_t)map->byte;
}
