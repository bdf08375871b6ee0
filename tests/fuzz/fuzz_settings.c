/*
 * Any bytes as a settings file, and any text as --set and as a variable: no harm, every failure
 * says why, and what is taken is within its range.
 */
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ERRORS_LIMIT = 128 * 1024, FILE_NAME_SIZE = 32 };

static void load(const struct settings_source *source)
{
    struct settings settings = {0};
    CLEANUP(buf) struct buf errors;
    buf_init(&errors, ERRORS_LIMIT);
    int result = settings_load(source, &settings, &errors);
    if (buf_failed(&errors) || (result == 0) != (errors.len == 0)) {
        abort();
    }
    if (result == 0 && (settings.upstream_rate == 0 || settings.http_trusted_proxies.count > 64 ||
                        settings.auth_mode == 0 || settings.http_max_head > 65536)) {
        abort();
    }
    settings_done(&settings);
}

static void load_file(const uint8_t *data, size_t size)
{
    static const char *const sets[] = {"upstream.emulator=true", NULL};
    /* this keeps a key_file in the bytes from being opened */
    char key[] = "LIVENESSD_UPSTREAM_KEY=key";
    char *const environment[] = {key, NULL};
    CLEANUP(fd) int fd = memfd_create("settings", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    CLEANUP(buf) struct buf name;
    buf_init(&name, FILE_NAME_SIZE);
    buf_printf(&name, "/proc/self/fd/%d", fd);
    load(&(struct settings_source){.file = name.data, .environment = environment, .sets = sets});
}

static void load_text(const uint8_t *data, size_t size)
{
    CLEANUP(text) char *set = xmemdup0(data, size);
    CLEANUP(buf) struct buf variable;
    buf_init(&variable, size + sizeof "LIVENESSD_");
    buf_printf(&variable, "LIVENESSD_%s", set);
    char *const environment[] = {variable.data, NULL};
    const char *const sets[] = {set, NULL};
    load(&(struct settings_source){.sets = sets, .environment = environment, .values_only = true});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load_file(data, size);
    load_text(data, size);
    return 0;
}
