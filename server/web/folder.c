/*
 * Reading the folder. Every step goes through the folder above it and follows no link, so that what
 * is read is in the folder, whatever is done to it meanwhile.
 */
#include "web/folder.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { NAME_SIZE = 1024, READ_STEP = 64 * 1024 };

struct file {
    char *name;
    const char *type;
    char *bytes;
    size_t size;
};

struct web_folder {
    size_t count;
    size_t bytes;
    struct file files[FOLDER_FILES_MAX];
};

/* A folder that is being read. */
struct level {
    DIR *directory;
    size_t length; /* of its name */
};

struct reading {
    struct web_folder *folder;
    char name[NAME_SIZE]; /* of what is being read, below the folder */
    struct level levels[FOLDER_DEPTH_MAX + 1];
    int depth; /* the innermost level; -1: none */
    char *error;
    size_t error_size;
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".json", "application/json"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
    {".mp3", "audio/mpeg"},
    {".wav", "audio/wav"},
    {".woff2", "font/woff2"},
    {".data", "application/octet-stream"},
    {".bin", "application/octet-stream"},
    {".onnx", "application/octet-stream"},
    {".tflite", "application/octet-stream"},
};

/* NULL: nothing that pages load. */
static const char *type_of(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t ending = strlen(types[i].ending);
        if (length > ending && strcasecmp(name + length - ending, types[i].ending) == 0)
            return types[i].type;
    }
    return NULL;
}

static int complain(struct reading *reading, const char *what, int error)
{
    (void)snprintf(reading->error, reading->error_size, "'%.200s': %s%s%s", reading->name, what,
                   error ? ": " : "", error ? strerrordesc_np(error) : "");
    return -EINVAL;
}

/* ---- a file ---- */

static bool read_all(int fd, size_t size, char *ret)
{
    size_t at = 0;
    while (at < size) {
        ssize_t got = read(fd, ret + at, size - at < READ_STEP ? size - at : READ_STEP);
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

static int keep(struct reading *reading, const char *type, int fd, size_t size)
{
    struct web_folder *folder = reading->folder;
    if (folder->count == FOLDER_FILES_MAX)
        return complain(reading, "the folder has too many files", 0);
    if (size > FOLDER_BYTES_MAX - folder->bytes)
        return complain(reading, "the folder's files are too large", 0);
    CLEANUP(text) char *bytes = xcalloc(1, size + 1);
    if (!read_all(fd, size, bytes))
        return complain(reading, "cannot be read", errno);
    folder->bytes += size;
    folder->files[folder->count++] = (struct file){xstrdup(reading->name), type, TAKE(bytes), size};
    return 0;
}

static int read_file(struct reading *reading, int above, const char *entry)
{
    const char *type = type_of(entry);
    struct stat about;
    if (!type)
        return 0;
    /* a FIFO would be waited for otherwise */
    CLEANUP(fd)
    int fd = openat(above, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0)
        return complain(reading, "cannot be opened", errno);
    return S_ISREG(about.st_mode) ? keep(reading, type, fd, (size_t)about.st_size) : 0;
}

/* ---- folders ---- */

static bool is_inside(const struct reading *reading)
{
    return reading->depth >= 0;
}

static void leave(struct reading *reading)
{
    (void)closedir(reading->levels[reading->depth--].directory);
}

/* Takes the descriptor. What is read next is in this folder. */
static int enter(struct reading *reading, int fd)
{
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return complain(reading, "cannot be read", errno);
    }
    reading->levels[++reading->depth] = (struct level){directory, strlen(reading->name)};
    /* cppcheck-suppress resourceLeak ; leave() closes it */
    return 0;
}

static int enter_below(struct reading *reading, int above, const char *entry)
{
    if (reading->depth == FOLDER_DEPTH_MAX)
        return complain(reading, "is too deep below the folder", 0);
    int fd = openat(above, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);
    return fd < 0 ? complain(reading, "cannot be opened", errno) : enter(reading, fd);
}

static int read_entry(struct reading *reading, int above, const char *entry)
{
    struct stat about;
    if (fstatat(above, entry, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return complain(reading, "cannot be looked at", errno);
    if (S_ISDIR(about.st_mode))
        return enter_below(reading, above, entry);
    return S_ISREG(about.st_mode) ? read_file(reading, above, entry) : 0;
}

/* The next entry of the innermost folder; after its last one, that folder is left. */
static int read_next(struct reading *reading)
{
    const struct level *level = &reading->levels[reading->depth];
    /* cppcheck-suppress readdirCalled ; nobody else reads this directory's stream */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): as said */
    const struct dirent *entry = readdir(level->directory);
    char *end = reading->name + level->length;
    size_t room = sizeof reading->name - level->length;
    *end = '\0';
    if (!entry) {
        leave(reading);
        return 0;
    }
    if (entry->d_name[0] == '.')
        return 0;
    int written = snprintf(end, room, "%s%s", level->length > 0 ? "/" : "", entry->d_name);
    if (written < 0 || (size_t)written >= room)
        return complain(reading, "the name is too long", 0);
    return read_entry(reading, dirfd(level->directory), entry->d_name);
}

struct web_folder *web_folder_open(const char *path, char *ret_error, size_t error_size)
{
    struct web_folder *folder = xcalloc(1, sizeof *folder);
    struct reading reading = {
        .folder = folder, .depth = -1, .error = ret_error, .error_size = error_size};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0) {
        (void)snprintf(ret_error, error_size, "'%.200s' cannot be opened: %s", path,
                       strerrordesc_np(errno));
        return web_folder_close(folder);
    }
    int error = enter(&reading, fd);
    while (error == 0 && is_inside(&reading))
        error = read_next(&reading);
    while (is_inside(&reading))
        leave(&reading);
    return error == 0 ? folder : web_folder_close(folder);
}

struct web_folder *web_folder_close(struct web_folder *folder)
{
    for (size_t i = 0; folder && i < folder->count; i++) {
        free(folder->files[i].name);
        free(folder->files[i].bytes);
    }
    free(folder);
    return NULL;
}

bool web_folder_find(const struct web_folder *folder, struct slice name, struct asset *ret)
{
    for (size_t i = 0; i < folder->count; i++) {
        const struct file *file = &folder->files[i];
        if (slice_equal(name, slice_of(file->name))) {
            *ret = (struct asset){file->name, file->type, {file->bytes, file->size}};
            return true;
        }
    }
    return false;
}
