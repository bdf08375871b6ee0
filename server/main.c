/*
 * The command line: which command, its options by argp, and the exit code: 0 done, 1 failed, 64
 * wrong usage. What commands do is in commands.c.
 */
#include "base/alloc.h"
#include "commands.h"
#include "config/suggestion.h"
#include "emulator/emulator.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    OPTION_SET = 256,
    OPTION_DIR,
    OPTION_LISTEN,
    OPTION_LOG_LEVEL,
    OPTION_YAML,
    OPTION_STRICT,
    OPTION_TUTORIAL_PATHS,
    OPTION_RATE_LIMIT,
    OPTION_GATEWAY_ERRORS,
    OPTION_ROTATE,
    OPTION_NOW,
    OPTION_JWKS,
    OPTION_ISSUER,
    OPTION_AUDIENCE,
    OPTION_TRANSACTION,
    OPTION_ACCEPTED,
    OPTION_DELETION,
};
enum { NAME_SIZE = 64 };

/* ---- commands ---- */

static const struct argp_option source_options[] = {
    {"config", 'c', "FILE", 0, "Settings in YAML; without it every setting has its default", 0},
    {"set", OPTION_SET, "KEY=VALUE", 0, "Replace one setting; may be given again", 0},
    {0},
};
static const struct argp_option emulate_options[] = {
    {"listen", OPTION_LISTEN, "ADDRESS", 0, "Listen there (default: 127.0.0.1:8082)", 0},
    {"log-level", OPTION_LOG_LEVEL, "LEVEL", 0, "error, warn, info or debug (default: info)", 0},
    {"strict", OPTION_STRICT, NULL, 0, "Refuse what the Face API's documents do not allow", 0},
    {"tutorial-paths", OPTION_TUTORIAL_PATHS, NULL, 0,
     "Serve the paths of the liveness tutorial that are in no specification", 0},
    {"rate-limit", OPTION_RATE_LIMIT, "N", 0,
     "Answer 429 to more than N calls a second (default: no limit)", 0},
    {"gateway-errors", OPTION_GATEWAY_ERRORS, NULL, 0,
     "Answer 403 and 429 with statusCode instead of code", 0},
    {0},
};
static const struct argp_option keygen_options[] = {
    {"dir", OPTION_DIR, "DIR", 0, "Folder of the keys (default: livenessd.db.keys)", 0},
    {"rotate", OPTION_ROTATE, "KEY", 0,
     "Take the next step of a key's exchange for a new one: receipt, device, correlation or seal",
     0},
    {"now", OPTION_NOW, NULL, 0,
     "Have a new receipt key sign before it has been published for an hour", 0},
    {0},
};
static const struct argp_option verify_options[] = {
    {"jwks", OPTION_JWKS, "FILE|URL", 0,
     "The server's keys: its /.well-known/jwks.json (https, or http to loopback), or a file of it",
     0},
    {"issuer", OPTION_ISSUER, "ISSUER", 0, "It has to be from there (iss)", 0},
    {"audience", OPTION_AUDIENCE, "AUDIENCE", 0, "It has to be for this audience (aud)", 0},
    {"transaction", OPTION_TRANSACTION, "ID", 0, "It has to be for this transaction (txn)", 0},
    {"accepted", OPTION_ACCEPTED, NULL, 0, "Its check has to be one that was accepted", 0},
    {"deletion", OPTION_DELETION, NULL, 0, "Check a deletion receipt", 0},
    {0},
};
static const struct argp_option table_options[] = {
    {"yaml", OPTION_YAML, NULL, 0, "Write a YAML file to start from", 0},
    {0},
};

struct command {
    const char *name;
    const char *summary;
    const struct argp_option *options;
    int (*run)(const struct command_options *options);
    const char *more;
    const char *word; /* the one argument it has; NULL: none */
};

static const struct command commands[] = {
    {"serve", "run the server", source_options, command_serve,
     "Settings come from the file, then from LIVENESSD_... environment variables, then from --set; "
     "`livenessd settings` lists them. SIGTERM ends the server after a drain.",
     NULL},
    {"emulate", "run the emulator of the Face API", emulate_options, command_emulate,
     "LIVENESSD_EMULATOR_KEY and LIVENESSD_EMULATOR_KEY2 are the keys it expects; without them any "
     "key is taken. LIVENESSD_EMULATOR_CLIENT_SECRET is the secret its token endpoint expects; "
     "without it any is taken.",
     NULL},
    {"check", "tell whether settings are valid, and everything that is wrong with them",
     source_options, command_check, "Exit code 0: valid, 1: not.", NULL},
    {"settings", "show every setting: key, type, default, environment variable, meaning",
     table_options, command_settings, NULL, NULL},
    {"keygen", "make the keys that are missing", keygen_options, command_keygen,
     "Keys that are there stay as they are. Replicas need the same folder content.", NULL},
    {"verify", "check a receipt", verify_options, command_verify,
     "RECEIPT is the receipt itself, or - for standard input. Exit code 0: it is genuine, and its "
     "claims are written as JSON; whether the check was accepted is one of them. 1: it is not, or "
     "not what was asked for, and why.",
     "RECEIPT"},
    {"probe", "ask a running server whether it is ready (its admin.listen, GET /readyz)",
     source_options, command_probe, "Exit code 0: ready, 1: not, and says why.", NULL},
    {"version", "show the version", NULL, command_version, NULL, NULL},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

/* ---- options ---- */

struct arguments {
    const struct command *command;
    struct command_options options;
    const char **sets;
    size_t set_count;
};

/* Ends the process with EX_USAGE and a hint. */
static void wrong_usage(struct argp_state *state, const char *text, const char *what)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet */
    argp_error(state, "'%s' %s", text, what);
}

static void take_listen(struct arguments *arguments, const char *text, struct argp_state *state)
{
    arguments->options.has_listen = true;
    if (address_parse_listen(slice_of(text), &arguments->options.listen) != 0) {
        wrong_usage(state, text, "is not an address and port, such as 127.0.0.1:8082");
    }
}

static void take_log_level(struct arguments *arguments, const char *text, struct argp_state *state)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            arguments->options.has_log_level = true;
            arguments->options.log_level = (enum log_level)i;
            return;
        }
    }
    wrong_usage(state, text, "is not one of error, warn, info, debug");
}

static void take_rate_limit(struct arguments *arguments, const char *text, struct argp_state *state)
{
    unsigned limit = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && limit <= EMU_RATE_LIMIT_MAX; digit++) {
        limit = limit * 10 + (unsigned)(*digit - '0');
    }
    if (digit == text || *digit != '\0' || limit > EMU_RATE_LIMIT_MAX) {
        wrong_usage(state, text, "is not a number of calls a second");
    }
    arguments->options.rate_limit = limit;
}

/* Where an option without a value goes; NULL: it is none. */
static bool *switch_place(struct command_options *options, int key)
{
    switch (key) {
    case OPTION_YAML:
        return &options->yaml;
    case OPTION_STRICT:
        return &options->strict;
    case OPTION_TUTORIAL_PATHS:
        return &options->tutorial_paths;
    case OPTION_GATEWAY_ERRORS:
        return &options->gateway_errors;
    case OPTION_NOW:
        return &options->now;
    case OPTION_ACCEPTED:
        return &options->accepted;
    case OPTION_DELETION:
        return &options->deletion;
    default:
        return NULL;
    }
}

/* Where a text goes as it is; NULL: it is another option. */
static const char **text_place(struct command_options *options, int key)
{
    switch (key) {
    case 'c':
        return &options->file;
    case OPTION_DIR:
        return &options->dir;
    case OPTION_ROTATE:
        return &options->rotate;
    case OPTION_JWKS:
        return &options->jwks;
    case OPTION_ISSUER:
        return &options->issuer;
    case OPTION_AUDIENCE:
        return &options->audience;
    case OPTION_TRANSACTION:
        return &options->transaction;
    default:
        return NULL;
    }
}

static error_t take_plain(struct command_options *options, int key, const char *value)
{
    bool *place = switch_place(options, key);
    const char **text = text_place(options, key);
    if (place) {
        *place = true;
    } else if (text) {
        *text = value;
    }
    return place || text ? 0 : ARGP_ERR_UNKNOWN;
}

static void take_word(struct arguments *arguments, const char *word, struct argp_state *state)
{
    if (!arguments->command->word || arguments->options.receipt) {
        wrong_usage(state, word, "is one argument too many");
    }
    arguments->options.receipt = word;
}

static void look_for_missing(const struct arguments *arguments, struct argp_state *state)
{
    const char *word = arguments->command->word;
    if (word && !arguments->options.receipt) {
        wrong_usage(state, word, "is missing");
    }
    if (word && !arguments->options.jwks) {
        wrong_usage(state, "--jwks", "is missing");
    }
}

static error_t take_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_SET:
        arguments->sets[arguments->set_count++] = value;
        return 0;
    case OPTION_LISTEN:
        take_listen(arguments, value, state);
        return 0;
    case OPTION_LOG_LEVEL:
        take_log_level(arguments, value, state);
        return 0;
    case OPTION_RATE_LIMIT:
        take_rate_limit(arguments, value, state);
        return 0;
    case ARGP_KEY_ARG:
        take_word(arguments, value, state);
        return 0;
    case ARGP_KEY_END:
        look_for_missing(arguments, state);
        return 0;
    default:
        return take_plain(&arguments->options, key, value);
    }
}

static int run_command(const struct command *command, int argc, char **argv)
{
    char name[NAME_SIZE];
    char doc[512];
    (void)snprintf(name, sizeof name, "livenessd %s", command->name);
    (void)snprintf(doc, sizeof doc, "livenessd %s: %s%s%s", command->name, command->summary,
                   command->more ? "\v" : "", command->more ? command->more : "");
    argv[0] = name;
    const char **sets = xcalloc((size_t)argc + 1, sizeof *sets);
    struct arguments arguments = {
        .command = command,
        .options = {.sets = sets, .dir = "livenessd.db.keys", .environment = environ},
        .sets = sets,
    };
    const struct argp argp = {
        .options = command->options, .parser = take_option, .args_doc = command->word, .doc = doc};
    /* Ends the process itself on --help (0) and on wrong usage (EX_USAGE).
     * NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet */
    error_t error = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int code = error == 0 ? command->run(&arguments.options) : EX_USAGE;
    free((void *)sets);
    return code;
}

/* ---- without a command ---- */

static int show_help(void)
{
    (void)fputs("Usage: livenessd COMMAND [OPTION...]\n"
                "The app server between frontends and Azure AI Face liveness.\n\n",
                stdout);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fputs(
        "\n`livenessd COMMAND --help` shows the options of a command. To try it out without\n"
        "an Azure subscription:\n\n"
        "  livenessd serve --set upstream.emulator=true --set keys.generate=true\n",
        stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int refuse(const char *word)
{
    if (!word) {
        (void)fputs("livenessd: a command is missing\n", stderr);
    } else {
        struct suggestion closest;
        suggestion_init(&closest, slice_of(word));
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            suggestion_offer(&closest, slice_of(commands[i].name));
        }
        const char *best = suggestion_best(&closest);
        (void)fprintf(stderr, "livenessd: unknown command '%s'%s%s%s\n", word,
                      best ? ", did you mean '" : "", best ? best : "", best ? "'?" : "");
    }
    (void)fputs("Try `livenessd --help'.\n", stderr);
    return EX_USAGE;
}

static const struct command *find_command(const char *word)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(word, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        return refuse(NULL);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        return show_help();
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        return command_version(NULL);
    }
    const struct command *command = find_command(word);
    return command ? run_command(command, argc - 1, argv + 1) : refuse(word);
}
