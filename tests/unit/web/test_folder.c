/*
 * A folder of files for browsers: what is taken, what is left out, and where it ends.
 */
#include "support/support.h"
#include "web/folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static char why[400];

static const char *in_root(const char *name)
{
    return text_of("%s/%s", root, name);
}

static void make_root(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_folder.XXXXXX");
    cr_assert_not_null(mkdtemp(root));
}

static void remove_root(void)
{
    /* what the tests make, deepest first */
    static const char *const names[] = {"a/b/c.wasm", "a/b",        "a/x.js",   "a",
                                        "loop",       ".hidden.js", "top.js",   "fifo.js",
                                        "out.json",   "README",     "huge.bin", "UPPER.JSON",
                                        "empty.css",  ".git/x.js",  ".git",     "locked.js"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)remove(in_root(names[i]));
    (void)rmdir(root);
}

TestSuite(folder, .init = make_root, .fini = remove_root);

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in_root(name), "we");
    cr_assert_not_null(file, "%s", name);
    cr_assert_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    cr_assert_eq(fclose(file), 0);
}

static void put_folder(const char *name)
{
    cr_assert_eq(mkdir(in_root(name), 0700), 0);
}

static struct web_folder *open_root(void)
{
    struct web_folder *folder = web_folder_open(root, why, sizeof why);
    cr_assert_not_null(folder, "%s", why);
    return folder;
}

static void expect_file(const struct web_folder *folder, const char *name, const char *type,
                        const char *text)
{
    struct asset asset;
    cr_assert(web_folder_find(folder, slice_of(name), &asset), "%s", name);
    cr_expect_str_eq(asset.name, name);
    cr_expect_str_eq(asset.type, type);
    cr_expect(slice_equal(asset.body, slice_of(text)), "%s", name);
}

static void expect_none(const struct web_folder *folder, const char *name)
{
    struct asset asset;
    cr_expect_not(web_folder_find(folder, slice_of(name), &asset), "%s", name);
}

static void expect_refused(const char *word)
{
    cr_assert_null(web_folder_open(root, why, sizeof why));
    cr_expect_not_null(strstr(why, word), "%s", why);
}

Test(folder, has_its_files_under_their_names_with_their_types)
{
    put_folder("a");
    put_folder("a/b");
    put("top.js", "1");
    put("a/x.js", "22");
    put("a/b/c.wasm", "333");
    put("UPPER.JSON", "{}");
    put("empty.css", "");
    struct web_folder *folder = open_root();
    expect_file(folder, "top.js", "text/javascript; charset=utf-8", "1");
    expect_file(folder, "a/x.js", "text/javascript; charset=utf-8", "22");
    expect_file(folder, "a/b/c.wasm", "application/wasm", "333");
    expect_file(folder, "UPPER.JSON", "application/json", "{}");
    expect_file(folder, "empty.css", "text/css; charset=utf-8", "");
    static const char *const others[] = {"",        "a",       "a/",           "a/b",
                                         "x.js",    "/top.js", "./top.js",     "a/../top.js",
                                         "top.js/", "TOP.JS",  "../etc/passwd"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect_none(folder, others[i]);
    web_folder_close(folder);
}

Test(folder, keeps_what_it_read)
{
    put("top.js", "before");
    struct web_folder *folder = open_root();
    put("top.js", "after");
    expect_file(folder, "top.js", "text/javascript; charset=utf-8", "before");
    web_folder_close(folder);
}

Test(folder, leaves_out_links_hidden_files_and_what_is_no_file)
{
    put_folder("a");
    put("a/x.js", "22");
    put(".hidden.js", "secret");
    put_folder(".git");
    put(".git/x.js", "secret");
    put("README", "no type that pages load");
    cr_assert_eq(symlink("/etc/passwd", in_root("out.json")), 0);
    cr_assert_eq(symlink("/etc", in_root("loop")), 0);
    cr_assert_eq(mkfifo(in_root("fifo.js"), 0600), 0);
    struct web_folder *folder = open_root();
    static const char *const none[] = {"out.json",   "loop/passwd", "fifo.js",
                                       ".hidden.js", ".git/x.js",   "README"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        expect_none(folder, none[i]);
    expect_file(folder, "a/x.js", "text/javascript; charset=utf-8", "22");
    web_folder_close(folder);
}

Test(folder, follows_no_link_that_leads_back_into_it)
{
    put_folder("a");
    put("a/x.js", "22");
    cr_assert_eq(symlink("a", in_root("loop")), 0);
    struct web_folder *folder = open_root();
    expect_none(folder, "loop/x.js");
    web_folder_close(folder);
}

Test(folder, may_itself_be_a_link)
{
    put_folder("a");
    put("a/x.js", "22");
    cr_assert_eq(symlink("a", in_root("loop")), 0);
    struct web_folder *folder = web_folder_open(in_root("loop"), why, sizeof why);
    cr_assert_not_null(folder, "%s", why);
    expect_file(folder, "x.js", "text/javascript; charset=utf-8", "22");
    web_folder_close(folder);
}

Test(folder, refuses_what_is_none)
{
    put("top.js", "1");
    cr_assert_null(web_folder_open(in_root("nothing"), why, sizeof why));
    cr_expect_not_null(strstr(why, "No such file"), "%s", why);
    cr_assert_null(web_folder_open(in_root("top.js"), why, sizeof why));
    cr_expect_not_null(strstr(why, "Not a directory"), "%s", why);
}

Test(folder, refuses_more_bytes_than_it_may_have)
{
    put("huge.bin", "");
    cr_assert_eq(truncate(in_root("huge.bin"), (off_t)FOLDER_BYTES_MAX + 1), 0);
    expect_refused("too large");
    cr_expect_not_null(strstr(why, "huge.bin"), "%s", why);
}

static void for_all(void (*act)(const char *name))
{
    for (unsigned i = 0; i <= FOLDER_FILES_MAX; i++) {
        char name[96];
        (void)snprintf(name, sizeof name, "%s/%u.js", root, i);
        act(name);
    }
}

static void make_file(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void remove_file(const char *name)
{
    (void)unlink(name);
}

Test(folder, refuses_more_files_than_it_may_have)
{
    for_all(make_file);
    expect_refused("too many files");
    for_all(remove_file);
}

Test(folder, refuses_to_go_deeper_than_it_may)
{
    char name[256];
    size_t length = (size_t)snprintf(name, sizeof name, "%s", root);
    for (unsigned i = 0; i <= FOLDER_DEPTH_MAX; i++) {
        length += (size_t)snprintf(name + length, sizeof name - length, "/d");
        cr_assert_eq(mkdir(name, 0700), 0);
    }
    expect_refused("too deep");
    for (unsigned i = 0; i <= FOLDER_DEPTH_MAX; i++) {
        cr_assert_eq(rmdir(name), 0);
        name[length -= 2] = '\0';
    }
}
