#include "base/late_jansson.h"

#include <dlfcn.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>

#include "base/arena.h"

/* The place of each function in `found`. */
enum {
#define FUNCTION(name) AT_##name,
#include "base/late_jansson.def"
#undef FUNCTION
    FUNCTIONS
};

/* The names in the same order, each ends with a zero. */
static const char names[] =
#define FUNCTION(name) #name "\0"
#include "base/late_jansson.def"
#undef FUNCTION
    ;

static void *found[FUNCTIONS];
static json_malloc_t allocate;
static json_free_t release;

static void load_jansson(void)
{
    void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    const char *name = names;
    for (size_t i = 0; i < FUNCTIONS; i++, name += strlen(name) + 1) {
        found[i] = library ? dlsym(library, name) : NULL;
        if (!found[i]) {
            kps_base_give_up("cannot load jansson, which reads and writes JSON", dlerror());
        }
    }
    if (allocate) {
        void (*set)(json_malloc_t, json_free_t);
        memcpy(&set, &found[AT_json_set_alloc_funcs], sizeof(set));
        set(allocate, release);
    }
}

static void *look_up(size_t place)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load_jansson);
    return found[place];
}

/*
 * Declare `function`, a pointer to the library's function `name`.
 * ISO C has no conversion from object to function pointers; POSIX promises equal representations.
 */
#define FIND(name)                                                                                 \
    __typeof__(&(name)) function;                                                                  \
    void *symbol = look_up(AT_##name);                                                             \
    memcpy(&function, &symbol, sizeof(function))

/* Define a function with its parameters, and the arguments that it passes on. */
#define FORWARD(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        FIND(name);                                                                                \
        return function arguments;                                                                 \
    }

void json_set_alloc_funcs(json_malloc_t malloc_fn, json_free_t free_fn)
{
    allocate = malloc_fn; /* for the library when it is loaded */
    release = free_fn;
}

void json_delete(json_t *json)
{
    FIND(json_delete);
    function(json);
}

FORWARD(json_t *, json_array, (void), ())
FORWARD(json_t *, json_false, (void), ())
FORWARD(json_t *, json_null, (void), ())
FORWARD(json_t *, json_object, (void), ())
FORWARD(json_t *, json_true, (void), ())
FORWARD(const char *, jansson_version_str, (void), ())
FORWARD(json_t *, json_integer, (json_int_t value), (value))
FORWARD(json_t *, json_string, (const char *value), (value))
FORWARD(json_t *, json_stringn, (const char *value, size_t len), (value, len))
FORWARD(json_int_t, json_integer_value, (const json_t *integer), (integer))
FORWARD(double, json_number_value, (const json_t *json), (json))
FORWARD(const char *, json_string_value, (const json_t *string), (string))
FORWARD(size_t, json_string_length, (const json_t *string), (string))
FORWARD(int, json_array_append_new, (json_t * array, json_t *value), (array, value))
FORWARD(json_t *, json_array_get, (const json_t *array, size_t index), (array, index))
FORWARD(size_t, json_array_size, (const json_t *array), (array))
FORWARD(json_t *, json_object_get, (const json_t *object, const char *key), (object, key))
FORWARD(int, json_object_set_new, (json_t * object, const char *key, json_t *value),
        (object, key, value))
FORWARD(size_t, json_object_size, (const json_t *object), (object))
FORWARD(void *, json_object_iter, (json_t * object), (object))
FORWARD(void *, json_object_iter_next, (json_t * object, void *iter), (object, iter))
FORWARD(void *, json_object_key_to_iter, (const char *key), (key))
FORWARD(const char *, json_object_iter_key, (void *iter), (iter))
FORWARD(json_t *, json_object_iter_value, (void *iter), (iter))
FORWARD(json_t *, json_loadb,
        (const char *buffer, size_t buflen, size_t flags, json_error_t *error),
        (buffer, buflen, flags, error))
FORWARD(int, json_dumpf, (const json_t *json, FILE *output, size_t flags), (json, output, flags))
FORWARD(int, json_dump_callback,
        (const json_t *json, json_dump_callback_t callback, void *data, size_t flags),
        (json, callback, data, flags))
