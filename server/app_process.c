/*
 * Signals, limits and the process's own metrics.
 */
#include "app_process.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FILES_APART = 256 }; /* store, upstream, admin, emulator, logs */

struct process {
    uv_signal_t *terminate;
    uv_signal_t *interrupt;
    void (*stop)(void *context, int signal);
    void *context;
};

void process_harden(void)
{
    struct rlimit files;
    const struct rlimit no_core = {0, 0};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

unsigned process_fit_connections(unsigned wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return wanted;
    const rlim_t apart = FILES_APART;
    rlim_t room = files.rlim_cur > 2 * apart ? files.rlim_cur - apart : files.rlim_cur / 2;
    return wanted < room ? wanted : (unsigned)room;
}

/* ---- signals ---- */

static void signalled(uv_signal_t *handle, int signal)
{
    struct process *process = handle->data;
    process->stop(process->context, signal);
}

static uv_signal_t *listen_for(struct process *process, uv_loop_t *uv, int signal)
{
    uv_signal_t *handle = xcalloc(1, sizeof *handle);
    uv_signal_init(uv, handle);
    handle->data = process;
    uv_signal_start(handle, signalled, signal);
    return handle;
}

struct process *process_new(struct loop *loop, void (*stop)(void *context, int signal),
                            void *context)
{
    struct process *process = xcalloc(1, sizeof *process);
    process->stop = stop;
    process->context = context;
    process->terminate = listen_for(process, loop_uv(loop), SIGTERM);
    process->interrupt = listen_for(process, loop_uv(loop), SIGINT);
    return process;
}

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

struct process *process_free(struct process *process)
{
    if (!process)
        return NULL;
    uv_close((uv_handle_t *)process->terminate, handle_closed);
    uv_close((uv_handle_t *)process->interrupt, handle_closed);
    free(process);
    return NULL;
}

/* ---- what it says of itself ---- */

static void collect(void *context)
{
    struct metrics *metrics = context;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    double seconds = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
                     (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    struct series *cpu = METRIC_SERIES(metrics_counter(
        metrics, "process_cpu_seconds_total", "CPU time of the process, user and system.", NULL));
    series_add(cpu, seconds - series_value(cpu));
    size_t resident = 0;
    if (uv_resident_set_memory(&resident) == 0)
        series_set(METRIC_SERIES(metrics_gauge(metrics, "process_resident_memory_bytes",
                                               "Resident memory of the process.", NULL)),
                   (double)resident);
}

void process_describe(struct metrics *metrics)
{
    struct metric *build = metrics_gauge(metrics, "livenessd_build_info",
                                         "1, with the version as a label.", "version");
    series_set(METRIC_SERIES(build, LIVENESSD_VERSION), 1);
    series_set(METRIC_SERIES(metrics_gauge(metrics, "process_start_time_seconds",
                                           "When the process started, in Unix time.", NULL)),
               (double)clock_wall_ms(clock_system()) / 1000.0);
    metrics_on_collect(metrics, collect, metrics);
}

/* A line on standard output, past the log. */
static void say(struct buf *line)
{
    buf_putc(line, '\n');
    struct slice text = buf_slice(line);
    while (text.len > 0) {
        ssize_t written = write(STDOUT_FILENO, text.data, text.len);
        if (written <= 0)
            return;
        text.data += written;
        text.len -= (size_t)written;
    }
}

static void put_address(struct json_writer *json, const char *name, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    if (!address)
        return;
    address_format(address, true, text);
    json_put_string(json, name, text);
}

void process_say_ready(const struct address *http, const struct address *admin,
                       const struct address *emulator)
{
    CLEANUP(buf) struct buf line;
    buf_init(&line, 1024);
    struct json_writer json = json_writer(&line);
    json_open(&json, NULL, '{');
    json_put_string(&json, "event", "ready");
    put_address(&json, "http", http);
    put_address(&json, "admin", admin);
    put_address(&json, "emulator", emulator);
    json_close(&json, '}');
    say(&line);
}
