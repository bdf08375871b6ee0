/*
 * Small files read whole; what they hold may be a secret, so no copy is left on the stack.
 */
#include "config/settings_file.h"

#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096 };

int settings_read_descriptor(int fd, struct buf *ret)
{
    char chunk[CHUNK_BYTES];
    ssize_t size;
    do {
        size = read(fd, chunk, sizeof chunk);
        if (size > 0) {
            buf_append(ret, chunk, (size_t)size);
        }
    } while ((size > 0 && !buf_failed(ret)) || (size < 0 && errno == EINTR));
    int error = size < 0 ? -errno : 0;
    secret_wipe(chunk, sizeof chunk);
    return buf_failed(ret) ? -EFBIG : error;
}

int settings_read_file(const char *file, struct buf *ret)
{
    CLEANUP(fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : settings_read_descriptor(fd, ret);
}

int settings_read_regular_file(const char *file, struct buf *ret)
{
    struct stat status;
    CLEANUP(fd) int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        return -errno;
    }
    return S_ISREG(status.st_mode) ? settings_read_descriptor(fd, ret) : -ENOTSUP;
}
